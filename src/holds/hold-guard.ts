import type { Repositories } from '../store/index.js';
import { compileHolds, type HeldItem } from './legal-hold.js';

/** Ids of the holds in force that reach an item before a change and would not after it, in alphabetical order. */
export type HoldGuard = (before: HeldItem, after: HeldItem) => readonly string[];

/**
 * What keeps a correction of the inventory from taking an item out of a legal hold: a hold ends by its release
 * and in no other way.
 *
 * @param repositories those of the transaction that makes the change
 */
export async function holdGuard(repositories: Repositories): Promise<HoldGuard> {
  const compiled = compileHolds(await repositories.holds.active());
  return (before, after) => {
    const reaching = compiled.on(before);
    if (reaching.length === 0) return reaching;
    const still = new Set(compiled.on(after));
    return reaching.filter((id) => !still.has(id));
  };
}
