import { dirname } from 'node:path';
import { DirectoryPool } from './directory-pool.js';
import { splitEntryPath } from './entry-path.js';
import type { ItemWork } from './item-work.js';
import { runInLanes } from './lanes.js';
import { removeFolder, removeName } from './name-removal.js';
import { finalContent } from './overwrite-method.js';
import { type DisposalContext, neutralNameOf } from './overwriting-phase.js';
import { holdsOnlyOurs } from './own-content.js';
import { reason, reasonOfFolder } from './reasons.js';

/** Names and folders under way at once, see the overwriting phase. */
const LANES = 16;

/** A folder from which a name was removed: where it is reached from. */
interface Touched {
  work: ItemWork;
  entryPath: string;
}

/**
 * Removes the names of overwritten files, then of links, then of emptied folders, deepest first; flushes each folder
 * that remains once. Called only after the journal holds the marks.
 */
export async function removeOverwritten(works: readonly ItemWork[], context: DisposalContext): Promise<void> {
  const pool = new DirectoryPool();
  const touched = new Map<string, Touched>();
  try {
    await runInLanes(namesOf(works), LANES, async ({ work, index, entryPath }) => {
      await removeEntry(work, index, pool, context);
      touch(touched, work, entryPath);
    });
    for (const work of works) {
      // What is left because of a hold or a stop keeps its folders and links.
      if (work.stopped === undefined) removeFolders(work, pool, touched);
    }
    await flushFolders(touched, pool, context);
  } finally {
    pool.close();
  }
}

function touch(touched: Map<string, Touched>, work: ItemWork, entryPath: string): void {
  const key =
    entryPath === ''
      ? `outer:${dirname(work.target.location)}`
      : `inner:${work.target.itemId}\0${splitEntryPath(entryPath).folder}`;
  if (!touched.has(key)) touched.set(key, { work, entryPath });
}

function* namesOf(works: readonly ItemWork[]): Generator<Touched & { index: number }> {
  for (const work of works) {
    for (const [index, { type, path }] of work.entries.entries()) {
      const state = work.progress[index]?.state;
      const link = type === 'symlink' && state === 'pending' && work.stopped === undefined;
      if (state === 'overwritten' || link) yield { work, index, entryPath: path };
    }
  }
}

async function removeEntry(
  work: ItemWork,
  index: number,
  pool: DirectoryPool,
  context: DisposalContext,
): Promise<void> {
  const entry = work.entries[index];
  const progress = work.progress[index];
  if (entry === undefined || progress === undefined || entry.neutralName === null) {
    throw new RangeError('only files and links have a neutral name');
  }
  const failure = entry.type === 'file' ? 'failed' : 'refused';
  try {
    const folder = pool.acquire(work, entry.path);
    try {
      const why = await removeName({
        folder,
        entry,
        name: work.plannedName(index),
        neutralName: Buffer.from(entry.neutralName),
        underNeutralName: work.neutral.has(index),
        after: progress.state === 'overwritten' ? progress.after : null,
        holdsOnlyOurs: (descriptor, stat) => {
          const content = finalContent(work.method.id, neutralNameOf(entry));
          return holdsOnlyOurs(descriptor, stat, entry, [content], context.throttle);
        },
        observe: (step) => context.observe({ step, itemId: work.target.itemId, fileIndex: index }),
      });
      if (why === undefined) work.progress[index] = { state: 'removed' };
      else work.leave(index, failure, why);
    } finally {
      pool.release(folder);
    }
  } catch (error) {
    work.leave(index, failure, reasonOfFolder(error));
  }
}

function removeFolders(work: ItemWork, pool: DirectoryPool, touched: Map<string, Touched>): void {
  const occupied = new Set<string>();
  const occupy = (path: string): void => {
    if (path !== '') occupied.add(splitEntryPath(path).folder);
  };
  for (const [index, entry] of work.entries.entries()) {
    if (entry.type !== 'directory' && work.progress[index]?.state !== 'removed') occupy(entry.path);
  }
  // Sorted by path, a folder comes before what is in it.
  for (let index = work.entries.length - 1; index >= 0; index -= 1) {
    const entry = work.entries[index];
    if (entry?.type !== 'directory' || work.progress[index]?.state !== 'pending') continue;
    if (occupied.has(entry.path)) {
      work.leave(index, 'refused', reason('not-emptied'));
    } else {
      removeOneFolder(work, index, pool);
      touch(touched, work, entry.path);
    }
    if (work.progress[index]?.state !== 'removed') occupy(entry.path);
  }
}

function removeOneFolder(work: ItemWork, index: number, pool: DirectoryPool): void {
  const entry = work.entries[index];
  if (entry === undefined) throw new RangeError('no such entry');
  try {
    const parent = pool.acquire(work, entry.path);
    try {
      const why = removeFolder(parent, entry, work.plannedName(index));
      if (why === undefined) work.progress[index] = { state: 'removed' };
      else work.leave(index, 'failed', why);
    } finally {
      pool.release(parent);
    }
  } catch (error) {
    work.leave(index, 'failed', reasonOfFolder(error));
  }
}

async function flushFolders(
  touched: ReadonlyMap<string, Touched>,
  pool: DirectoryPool,
  context: DisposalContext,
): Promise<void> {
  // A folder that was removed itself is made durable by flushing the one that held it.
  const remaining = [...touched.values()].filter(
    ({ work, entryPath }) => entryPath === '' || !work.isFolderRemoved(splitEntryPath(entryPath).folder),
  );
  await runInLanes(remaining, LANES, async ({ work, entryPath }) => {
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
  });
}
