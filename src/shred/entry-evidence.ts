import type { DisposalTarget, PlannedEntry } from './disposal-target.js';
import { entryPathBytes } from './entry-path.js';
import { treeDigest } from './folder-tree.js';
import { isOverwriteMethodId } from './overwrite-method.js';

const NEUTRAL_NAME = /^[0-9a-f]{32}$/;

/**
 * Whether stored entries are those that the target's fingerprint was taken over: a journal that somebody changed must
 * not lead to other files.
 */
export function entriesMatchTarget(target: DisposalTarget, entries: readonly PlannedEntry[]): boolean {
  const [top] = entries;
  const { fingerprint } = target;
  if (top?.path !== '' || !entries.every(isWellNamed)) return false;
  const { method } = top;
  if (method !== undefined && !isOverwriteMethodId(method)) return false;
  if (entries.some((entry) => entry.method !== method)) return false;
  if (top.device !== fingerprint.device || top.inode !== fingerprint.inode) return false;
  if (fingerprint.kind === 'file') {
    const same = top.size === fingerprint.size && top.modifiedNs === fingerprint.modifiedNs;
    return entries.length === 1 && top.type === 'file' && same;
  }
  if (top.type !== 'directory') return false;
  const found = entries.map((entry) => ({ path: entryPathBytes(entry.path), entry }));
  return treeDigest(found) === fingerprint.treeSha256;
}

/** Files are given their neutral names by `rename`, which would replace what has such a name already. */
function isWellNamed({ type, neutralName }: PlannedEntry): boolean {
  return type === 'directory' ? neutralName === null : neutralName !== null && NEUTRAL_NAME.test(neutralName);
}
