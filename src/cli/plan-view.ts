import type { PlanItem } from '../model/index.js';
import { wrapped } from './wrapped.js';

/**
 * A decision as people read it: the id, where the item lies, and the reason wrapped below it.
 *
 * @param outcome what a run made of it
 */
export function planItemText(item: PlanItem, outcome?: string | null): string {
  const place = item.location === null ? '' : `\n      ${item.medium} ${item.location}`;
  const ended = outcome ? `\n      ${outcome}` : '';
  return `  ${item.itemId}${place}\n${wrapped(item.explanation, '      ')}${ended}`;
}

/** Steps of a reasoning, numbered, each wrapped below its number. */
export function stepsText(steps: readonly string[]): string {
  return steps
    .map((step, index) => {
      const number = `${String(index + 1).padStart(3)}. `;
      return number + wrapped(step, ' '.repeat(number.length)).trimStart();
    })
    .join('\n');
}

/** A sentence on as many lines as it needs, below an item. */
export function reasonText(text: string): string {
  return wrapped(text, '      ');
}

/** A decision as `--json` prints it. */
export function planItemData(item: PlanItem): Record<string, unknown> {
  return {
    id: item.itemId,
    decision: item.decision,
    reason: item.reason,
    explanation: item.explanation,
    record_class: item.recordClass,
    other_classes: item.otherClasses,
    schedule_version: item.scheduleVersion,
    keep_until: item.keepUntil,
    delete_by: item.deleteBy,
    medium: item.medium,
    location: item.location,
    holds: item.holds,
  };
}
