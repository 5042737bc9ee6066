import type { CalendarDate } from '../model/index.js';
import type { Repositories } from '../store/index.js';
import { compileCoolingOff, compileHolds, type HeldItem } from './legal-hold.js';

/**
 * Ids of the holds that reach an item before a change and would not after it: those in force, in alphabetical order, and
 * then those that were released and still protect it.
 */
export type HoldGuard = (before: HeldItem, after: HeldItem) => readonly string[];

/**
 * What keeps a correction of the inventory from taking an item out of a legal hold: a hold ends by its release and in no
 * other way, and what it reached is left alone for as long as it cools off.
 *
 * @param repositories those of the transaction that makes the change
 */
export async function holdGuard(repositories: Repositories, today: CalendarDate): Promise<HoldGuard> {
  const holds = await repositories.holds.standing();
  const compiled = compileHolds(holds);
  const cooling = compileCoolingOff(holds);
  const on = (item: HeldItem) => [...compiled.on(item), ...cooling(item, today).map(({ id }) => id)];
  return (before, after) => {
    const reaching = on(before);
    if (reaching.length === 0) return reaching;
    // An archive that stays where it is keeps what it was made of.
    const moved = after.medium !== before.medium || after.location !== before.location;
    const { archivedFrom } = before;
    const still = new Set(on(moved || archivedFrom === undefined ? after : { ...after, archivedFrom }));
    return reaching.filter((id) => !still.has(id));
  };
}
