import { dirname } from 'node:path';
import type { DirectoryHandle } from './directory-handle.js';
import { DirectoryPool } from './directory-pool.js';
import type { EntryProgress } from './item-tally.js';
import type { ItemWork } from './item-work.js';
import { runInLanes } from './lanes.js';
import { removeFolder, removeName } from './name-removal.js';
import type { OpenFolder } from './open-folders.js';
import { finalContent } from './overwrite-method.js';
import { contentSeedOf, type DisposalContext, neutralNameOf } from './overwriting-phase.js';
import { holdsOnlyOurs } from './own-content.js';
import { isProtected, liftProtection } from './protection.js';
import { reason, reasonOf, reasonOfFolder } from './reasons.js';

/** Names and folders under way at once, see the overwriting phase. */
const LANES = 16;

/** The folders that hold items themselves, to be flushed once a batch. */
export class OuterFolders {
  /** By path, with an item through which it is reached. */
  readonly #touched = new Map<string, ItemWork>();

  touch(work: ItemWork): void {
    this.#touched.set(dirname(work.target.location), work);
  }

  /** Makes durable what was removed from them. */
  async flush(context: DisposalContext): Promise<void> {
    const pool = new DirectoryPool();
    try {
      await runInLanes(this.#touched.values(), LANES, (work) => flushHolder(work, '', pool, context));
    } finally {
      pool.close();
    }
  }
}

/**
 * Removes the names of overwritten files and of links on the pages of the works, then the folders that are empty by it,
 * deepest first, and flushes those that remain. Called only after the journal holds the marks.
 */
export async function removeOverwritten(
  works: readonly ItemWork[],
  context: DisposalContext,
  outer: OuterFolders,
): Promise<void> {
  const pool = new DirectoryPool();
  try {
    await runInLanes(namesOf(works), LANES, async ({ work, index }) => {
      const shared = context.linked.of(work.entry(index));
      if (shared === undefined) await removeEntry(work, index, pool, context);
      else {
        shared.turn = shared.turn.then(() => removeEntry(work, index, pool, context));
        await shared.turn;
      }
      touch(work, work.entry(index).path, outer);
    });
    for (const work of works) {
      work.tallyPage();
      for (const folder of work.folders.finished(work.lastPath)) {
        await endFolder(work, folder, { pool, context, outer });
      }
    }
  } finally {
    pool.close();
  }
}

function touch(work: ItemWork, entryPath: string, outer: OuterFolders): void {
  const folder = work.folders.holding(entryPath);
  if (folder === undefined) outer.touch(work);
  else folder.touched = true;
}

function* namesOf(works: readonly ItemWork[]): Generator<{ work: ItemWork; index: number }> {
  for (const work of works) {
    for (const [index, { type }] of work.page()) {
      const { state } = work.progress(index);
      const link = type === 'symlink' && state === 'pending' && work.stopped === undefined;
      if (state === 'overwritten' || link) yield { work, index };
    }
  }
}

async function removeEntry(
  work: ItemWork,
  index: number,
  pool: DirectoryPool,
  context: DisposalContext,
): Promise<void> {
  const entry = work.entry(index);
  const progress = work.progress(index);
  const shared = context.linked.of(entry);
  const failure = entry.type === 'file' ? 'failed' : 'refused';
  try {
    const folder = pool.acquire(work, entry.path);
    try {
      if (context.liftProtection) await liftFolder(work, entry.path, folder);
      const why = await removeName({
        folder,
        entry,
        name: work.plannedName(entry),
        neutralName: Buffer.from(neutralNameOf(entry)),
        underNeutralName: work.neutral.has(index),
        after:
          progress.state === 'overwritten' && progress.after !== null
            ? (shared?.after ?? progress.after)
            : null,
        holdsOnlyOurs: (descriptor, stat) => {
          const content = finalContent(work.method.id, contentSeedOf(entry));
          return holdsOnlyOurs(descriptor, stat, entry, [content], context.throttle);
        },
        othersRemain: (after) => {
          if (shared !== undefined) shared.after = after;
        },
        observe: (step) => context.observe({ step, itemId: work.target.itemId, fileIndex: index }),
      });
      if (why === undefined) work.set(index, { state: 'removed' });
      else work.leave(index, failure, why);
    } finally {
      pool.release(folder);
    }
  } catch (error) {
    work.leave(index, failure, reasonOfFolder(error));
  }
}

/** Names can be removed from a folder with the attribute `i` or `a` only once that is taken away. */
async function liftFolder(work: ItemWork, entryPath: string, folder: DirectoryHandle): Promise<void> {
  const holding = work.folders.holding(entryPath);
  // What holds the item itself is not disposed of, and stays as it is.
  if (holding === undefined || holding.lifted !== undefined) return await holding?.lifted;
  holding.lifted = (async () => {
    const path = folder.child(Buffer.from('.'));
    if (await isProtected(path)) if ((await liftProtection(path, undefined)) === undefined) work.noteLifted();
  })();
  await holding.lifted;
}

interface FolderTools {
  pool: DirectoryPool;
  context: DisposalContext;
  outer: OuterFolders;
}

/** Removes a folder whose content is over; one that stays is flushed where something was removed from it. */
async function endFolder(work: ItemWork, folder: OpenFolder, tools: FolderTools): Promise<void> {
  const { entry } = folder;
  if (!folder.settled) {
    if (tools.context.liftProtection) await liftWithin(work, entry.path, tools.pool);
    const progress = removeEmptied(work, folder, tools.pool);
    if (progress.state === 'removed' || progress.state === 'failed') touch(work, entry.path, tools.outer);
    work.tallyFolder(folder, progress);
    if (folder.touched && progress.state !== 'removed') {
      await flushHolder(work, entry.path === '' ? 'x' : `${entry.path}/x`, tools.pool, tools.context);
    }
  }
  work.folders.forget(folder);
}

/** The same for a folder that holds nothing, so that nothing was removed from it. */
async function liftWithin(work: ItemWork, path: string, pool: DirectoryPool): Promise<void> {
  const within = path === '' ? 'x' : `${path}/x`;
  try {
    const folder = pool.acquire(work, within);
    try {
      await liftFolder(work, within, folder);
    } finally {
      pool.release(folder);
    }
  } catch (error) {
    // Removing it will say why.
    reasonOf(error);
  }
}

function removeEmptied(work: ItemWork, folder: OpenFolder, pool: DirectoryPool): EntryProgress {
  // What is left because of a hold or a stop keeps its folders and links.
  if (work.stopped !== undefined) return { state: 'refused', reason: work.stopped };
  if (folder.occupied) return { state: 'refused', reason: reason('not-emptied') };
  try {
    const parent = pool.acquire(work, folder.entry.path);
    try {
      const why = removeFolder(parent, folder.entry, work.plannedName(folder.entry));
      return why === undefined ? { state: 'removed' } : { state: 'failed', reason: why };
    } finally {
      pool.release(parent);
    }
  } catch (error) {
    return { state: 'failed', reason: reasonOfFolder(error) };
  }
}

/** Flushes the folder that holds the entry. */
async function flushHolder(
  work: ItemWork,
  entryPath: string,
  pool: DirectoryPool,
  context: DisposalContext,
): Promise<void> {
  try {
    const folder = pool.acquire(work, entryPath);
    try {
      await folder.sync();
    } finally {
      pool.release(folder);
    }
  } catch (error) {
    work.note(reason('folder-not-flushed', reasonOfFolder(error).code));
    return;
  }
  context.observe({ step: 'folder-synced', itemId: work.target.itemId, fileIndex: null });
}
