import { lstatSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Fault } from '../model/index.js';
import type { EntryStates } from './entry-states.js';
import { changedAfterPacked } from './packing-faults.js';
import { type FoundEntry, walk } from './tree-walk.js';

/** Entries between two turns of the others. */
const AT_A_TIME = 1000;
/** What the file system says where an entry has gone, or has become something else, between two calls. */
const GONE = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'EINVAL']);

/**
 * Goes through everything again when the last entry was packed, and sees that each is as it was at its own turn: nothing
 * written to, added, taken away or pointed elsewhere. Contents are not read again.
 *
 * @param paths as they were packed
 * @param states of all entries that were packed
 * @throws Fault `input-changed` (exit 3); the file system's error
 */
export async function requireUnchangedSince(
  paths: readonly string[],
  states: EntryStates,
  options: { skipUnreadable?: boolean; signal?: AbortSignal },
): Promise<void> {
  let index = 0;
  for (const found of again(paths, options.skipUnreadable === true)) {
    if (index >= states.count) throw changedAfterPacked(found.path);
    if (!states.isLeftOut(index)) requireSame(index, found, states);
    index += 1;
    if (index % AT_A_TIME > 0) continue;
    await nextTurn();
    options.signal?.throwIfAborted();
  }
  if (index < states.count) throw changedAfterPacked(paths[0] ?? '');
}

function requireSame(index: number, found: FoundEntry, states: EntryStates): void {
  const stats = lstatSync(found.path, { bigint: true, throwIfNoEntry: false });
  if (!stats || !states.has(index, found, stats)) throw changedAfterPacked(found.path);
}

/** The walk; what was no obstacle the first time, and is one now, is a change. */
function* again(paths: readonly string[], skipUnreadable: boolean): Generator<FoundEntry> {
  try {
    yield* walk(paths, (path) => {
      if (!skipUnreadable) throw changedAfterPacked(path);
    });
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    if (error instanceof Fault && error.code === 'cannot-pack') throw changedAfterPacked(paths[0] ?? '');
    if (code !== undefined && GONE.has(code)) throw changedAfterPacked(path ?? paths[0] ?? '');
    throw error;
  }
}
