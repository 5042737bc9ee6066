import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { verificationFailed } from '../model/index.js';
import type { Store } from '../store/index.js';
import { readAcknowledged } from './acknowledged.js';
import { originOf } from './checkpoint.js';
import type { OutsideCheckpoint } from './checkpoint-checks.js';
import { rootAt } from './merkle-tree.js';
import { checkpointFile, checkpointFileNames } from './outside-checkpoints.js';
import { StoredTree } from './stored-tree.js';

/** A log with the folders that its checkpoints are written to. */
export interface KeptLog {
  readonly store: Store;
  /** Id of the workspace. */
  workspaceId: string;
  /** Folder beside the database. */
  checkpoints: string;
  /** Folder of the witness in quietus.yaml; null where there is none. */
  witnessFolder: string | null;
}

/**
 * Compares the log with the newest checkpoint in each folder that they are written to: whether it has these entries, by
 * the root of their Merkle tree. That costs two small files and one block of entries, whatever the length of the log. A folder that is not
 * there, or cannot be read, says nothing. What operators have acknowledged as lost is passed over.
 *
 * @throws Fault `log-rewound` (exit 5) where the database is an older copy, or another one
 */
export async function requireNotRewound(log: KeptLog): Promise<void> {
  const { checkpoints, witnessFolder } = log;
  const place = { store: log.store, origin: originOf(log.workspaceId) };
  await requireContinues(place, checkpoints, 'the folder checkpoints');
  if (witnessFolder !== null) await requireContinues(place, witnessFolder, 'the folder of the witness');
}

/** The same for one folder. @param place what the folder is called in messages */
export async function requireContinues(
  { store, origin }: { store: Store; origin: string },
  folder: string,
  place: string,
): Promise<void> {
  const names = checkpointFileNames(await readdir(folder).catch(() => []));
  let lost: Set<string> | undefined;
  let agreed = 0;
  for (const name of names.toReversed()) {
    const kept = await checkpointFile(join(folder, name), origin, `${place} (${name})`);
    if (kept === null) continue;
    if (kept.size < agreed) return;
    if (await hasEntriesOf(store, kept)) {
      agreed = kept.size;
      continue;
    }
    lost ??= await acknowledgedRoots(store);
    if (!lost.has(kept.root.toString('base64'))) throw rewound(kept, (await store.log.end())?.seq ?? 0);
  }
}

async function hasEntriesOf(store: Store, { size, root }: OutsideCheckpoint): Promise<boolean> {
  if (((await store.log.end())?.seq ?? 0) < size) return false;
  return (await rootAt(new StoredTree(store), size)).equals(root);
}

async function acknowledgedRoots(store: Store): Promise<Set<string>> {
  const roots = new Set<string>();
  await readAcknowledged(store, { acknowledge: (root) => roots.add(root) });
  return roots;
}

function rewound({ size, place }: OutsideCheckpoint, entries: number): Error {
  const what =
    entries < size
      ? `the log has ${entries}: the database is an older copy, or its end was removed`
      : 'the log has others: the database is another copy, or was changed';
  return verificationFailed('log-rewound', `The checkpoint in ${place} covers ${size} entries, ${what}`, {
    hint: 'Holds may be missing. Put the newest copy of quietus.db back. If there is none: quietus log new-epoch, then enter again what was lost since',
    details: { checkpoint_size: size, entries },
  });
}
