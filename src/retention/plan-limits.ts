import { type CalendarDate, classesOf, type PlanItem, refused } from '../model/index.js';
import type { Settings } from '../workspace/index.js';

/**
 * A rule that was meant for a few records and reaches very many is how records are lost. A plan above the
 * workspace's limits is refused until a person says the number.
 *
 * @param disposals the items to dispose of: a class counts those that have it, whether it is their only one or not
 * @param activeOf number of active items of a record class; may stop counting at `most`
 * @param options `limit`: the number that the person gave with `--limit`, which replaces both limits; `asOf`: for the hint
 * @throws Fault `limit-reached` (exit 4) with the number to confirm
 */
export async function requireWithinLimits(
  disposals: readonly Pick<PlanItem, 'recordClass' | 'otherClasses'>[],
  activeOf: (recordClass: string, most: number) => Promise<number>,
  limits: Settings['limits'],
  options: { limit: number | undefined; asOf: CalendarDate },
): Promise<void> {
  const { limit, asOf } = options;
  const total = disposals.length;
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
  for (const [recordClass, count] of countByClass(disposals)) {
    // With so many items in the class the part is small enough, however many more there are.
    const enough =
      limits.maxClassPercent === 0 ? Infinity : Math.ceil((count * 100) / limits.maxClassPercent);
    const all = await activeOf(recordClass, Math.min(enough, Number.MAX_SAFE_INTEGER));
    if (count * 100 > all * limits.maxClassPercent) wide.push(`${count} of ${all} in ${recordClass}`);
  }
  if (wide.length === 0) return;
  throw limitReached(
    `The plan would dispose of more than ${limits.maxClassPercent} % of a record class: ${wide.join('; ')}`,
    total,
    asOf,
  );
}

function countByClass(
  disposals: readonly Pick<PlanItem, 'recordClass' | 'otherClasses'>[],
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const id of disposals.flatMap((item) => classesOf(item))) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
}

function limitReached(message: string, total: number, asOf: CalendarDate): Error {
  return refused('limit-reached', message, {
    hint: `Look at what is due with: quietus inventory list --due-before ${asOf}. If it is right, allow that number: --limit ${total}`,
    details: { dispose: total },
  });
}
