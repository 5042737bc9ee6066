import type { PlanItem } from '../model/index.js';

const WIDTH = 78;

/** A decision as people read it: the id, and the reason wrapped below it. */
export function planItemText(item: PlanItem): string {
  return `  ${item.itemId}\n${wrapped(item.explanation, '      ')}`;
}

/** A decision as `--json` prints it. */
export function planItemData(item: PlanItem): Record<string, unknown> {
  return {
    id: item.itemId,
    decision: item.decision,
    reason: item.reason,
    explanation: item.explanation,
    record_class: item.recordClass,
    schedule_version: item.scheduleVersion,
    keep_until: item.keepUntil,
    delete_by: item.deleteBy,
    medium: item.medium,
    holds: item.holds,
  };
}

function wrapped(text: string, indent: string): string {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(' ')) {
    if (line.length + word.length > WIDTH && line !== indent) {
      lines.push(line.trimEnd());
      line = indent;
    }
    line += `${word} `;
  }
  return [...lines, line.trimEnd()].join('\n');
}
