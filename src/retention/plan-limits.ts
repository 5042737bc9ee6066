import { type CalendarDate, refused } from '../model/index.js';
import type { Settings } from '../workspace/index.js';

/**
 * A rule that was meant for a few records and reaches very many is how records are lost. A plan above the
 * workspace's limits is refused until a person says the number.
 *
 * @param disposals number of items to dispose of, by record class
 * @param active number of active items, by record class
 * @param options `limit`: the number that the person gave with `--limit`, which replaces both limits; `asOf`: for the hint
 * @throws Fault `limit-reached` (exit 4) with the number to confirm
 */
export function requireWithinLimits(
  disposals: ReadonlyMap<string, number>,
  active: ReadonlyMap<string | null, number>,
  limits: Settings['limits'],
  options: { limit: number | undefined; asOf: CalendarDate },
): void {
  const { limit, asOf } = options;
  const total = [...disposals.values()].reduce((sum, count) => sum + count, 0);
  if (limit !== undefined) {
    if (total > limit)
      throw limitReached(
        `The plan would dispose of ${total} items; the limit given is ${limit}`,
        total,
        asOf,
      );
    return;
  }
  if (total > limits.maxItems) {
    throw limitReached(
      `The plan would dispose of ${total} items; the limit is ${limits.maxItems}`,
      total,
      asOf,
    );
  }
  const wide: string[] = [];
  for (const [recordClass, count] of disposals) {
    const all = active.get(recordClass) ?? count;
    if (count * 100 > all * limits.maxClassPercent) wide.push(`${count} of ${all} in ${recordClass}`);
  }
  if (wide.length === 0) return;
  throw limitReached(
    `The plan would dispose of more than ${limits.maxClassPercent} % of a record class: ${wide.join('; ')}`,
    total,
    asOf,
  );
}

function limitReached(message: string, total: number, asOf: CalendarDate): Error {
  return refused('limit-reached', message, {
    hint: `Look at what is due with: quietus inventory list --due-before ${asOf}. If it is right, allow that number: --limit ${total}`,
    details: { dispose: total },
  });
}
