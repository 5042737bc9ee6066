import type { DisposalTarget, PlannedEntry } from './disposal-target.js';
import { type EntryPages, PAGE, partsOf } from './entry-pages.js';
import { entryPathBytes } from './entry-path.js';
import { TreeDigest } from './folder-tree.js';
import { isOverwriteMethodId } from './overwrite-method.js';
import { digestOf, requireSame } from './planned-entries.js';

const NEUTRAL_NAME = /^[0-9a-f]{32}$/;

/**
 * Stored entries, if they are those that the target's fingerprint was taken over: a journal that somebody changed must
 * not lead to other files. What is given back fails where the journal gives something else later.
 * @returns undefined where they are not
 */
export async function matchingEntries<Entry extends PlannedEntry>(
  target: DisposalTarget,
  entries: EntryPages<Entry>,
): Promise<EntryPages<Entry> | undefined> {
  const digests: string[] = [];
  const tree = new TreeDigest();
  let top: Entry | undefined;
  for await (const part of partsOf(entries)) {
    top ??= part[0];
    for (const entry of part) {
      if (!isWellNamed(entry) || entry.method !== top?.method) return undefined;
      tree.add({ path: entryPathBytes(entry.path), entry });
    }
    digests.push(digestOf(part));
  }
  if (top === undefined || !isTopOf(target, top, entries.length, tree)) return undefined;
  return {
    length: entries.length,
    page: async (from) => {
      const part = await entries.page(from);
      requireSame(part, digests[from / PAGE]);
      return part;
    },
  };
}

function isTopOf(
  { fingerprint }: DisposalTarget,
  { path, type, method, device, inode, size, modifiedNs }: PlannedEntry,
  count: number,
  tree: TreeDigest,
): boolean {
  if (path !== '' || device !== fingerprint.device || inode !== fingerprint.inode) return false;
  if (method !== undefined && !isOverwriteMethodId(method)) return false;
  if (fingerprint.kind === 'file') {
    return (
      count === 1 && type === 'file' && size === fingerprint.size && modifiedNs === fingerprint.modifiedNs
    );
  }
  return type === 'directory' && tree.hex() === fingerprint.treeSha256;
}

/** Files are given their neutral names by `rename`, which would replace what has such a name already. */
function isWellNamed({ type, neutralName }: PlannedEntry): boolean {
  return type === 'directory' ? neutralName === null : neutralName !== null && NEUTRAL_NAME.test(neutralName);
}
