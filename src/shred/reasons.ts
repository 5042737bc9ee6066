import type { Reason } from '../model/index.js';

/**
 * Every refusal and failure of this layer. Codes are stable: scripts and certificates read them.
 * Words never contain a path, because names of files can be personal information.
 */
const WORDS = {
  absent: 'Nothing is at this location.',
  'volume-absent':
    'The volume that held the item is not mounted here, so nothing can be said about the item and nothing was done.',
  'not-absolute': 'The location must be an absolute path without "." or ".." in it.',
  'is-symlink': 'The location is a symbolic link; links are never followed.',
  'parent-is-symlink': 'A folder on the way to the item is a symbolic link; links are never followed.',
  'wrong-type': 'The inventory says file or folder, and the location holds the other of the two.',
  'special-file': 'A pipe, socket or device is at the location or below it; it is not a record.',
  'hard-linked':
    'A file has more than one name (hard links); overwriting it would destroy it under all of them.',
  'bind-mount':
    'The file system is mounted in several places (bind mount), so files there have a second path, and a hold or another item under that path would not be seen.',
  'device-image':
    'A loop device stands for the file now; what is mounted from it has other paths, and a hold or another item under these would not be seen.',
  'mount-point': 'Another file system or a bind mount is mounted at the location or below it.',
  'protected-path':
    "The location is, holds or lies in something that must not be destroyed: this program's own files, the home folder, the current folder or the system.",
  changed: 'It is not what the plan froze: its identity, size, time of change or content list differs.',
  'no-permission': 'This account may not read, write or remove it.',
  'read-only': 'The file system is mounted read-only.',
  immutable: 'The system does not permit changing it (immutable or append-only attribute, or ownership).',
  'path-too-long': 'A path is longer than the system accepts.',
  overlaps: 'It is, lies in or contains another item of the same batch.',
  residual:
    'On this medium data would be left behind after overwriting; this was not accepted, and nothing was written.',
  'no-authorization': 'The journal gave no authorization for this item; nothing was written.',
  stopped: 'The run was stopped before this was begun; it was not touched.',
  'verification-failed': 'What was read back is not what was written; the file was left in its place.',
  'grew-while-running':
    'Somebody wrote to the file while it was overwritten; the file was left in its place.',
  'io-error': 'The medium or the file system returned an error.',
  busy: 'It was in use, or its medium could not be reached for a moment.',
  'disk-full': 'The file system is full or a quota is reached.',
  'not-removed': 'The content was overwritten, but the name could not be removed.',
  'folder-not-empty': 'Something that was not in the plan is in the folder; it and the folder were left.',
  'not-emptied': 'The folder still holds something of the item that was not destroyed.',
  'folder-not-flushed': 'The file system did not confirm that the removal of the name is durable.',
  'nothing-to-overwrite': 'There was no content to overwrite; only names were removed.',
  'gone-unverified':
    'An earlier run was cut off, the file is gone since, and no verification of its overwriting is recorded.',
  'interrupted-untouched':
    'An earlier run was cut off before this; its size and time of change show no sign that it was written to.',
  'interrupted-then-held':
    'An earlier run was cut off and may have overwritten it in part; it may not be finished now.',
  'changed-since':
    'An earlier run was cut off, and the file holds something else than what that run wrote: it was changed since, or only a part of it had been overwritten, which cannot be told apart. It was left; plan it again if it is to go.',
  'name-reused': 'Something else now has the name; it was not touched.',
  'no-free-space':
    'This file system is kept in memory or made by the kernel; it has no free space on a medium.',
  'stopped-filling':
    'It was stopped before all free space was filled and read back; what was filled is free again.',
  'not-trimmed': 'The device was not told which blocks are free.',
  'identity-uncertain':
    'This file system records no time of creation, so a new file with the same number cannot be told from the old one; it was not touched.',
} as const;

export type ReasonCode = keyof typeof WORDS;

/** The reason with this code; `detail` is appended and must not contain a path. */
export function reason(code: ReasonCode, detail?: string): Reason {
  return { code, text: detail === undefined ? WORDS[code] : `${WORDS[code]} (${detail})` };
}

const BY_ERRNO: Readonly<Record<string, ReasonCode>> = {
  EACCES: 'no-permission',
  EPERM: 'immutable',
  EROFS: 'read-only',
  ENOENT: 'changed',
  ENOTDIR: 'changed',
  EISDIR: 'changed',
  ELOOP: 'changed',
  ENXIO: 'changed',
  ESTALE: 'changed',
  ENAMETOOLONG: 'path-too-long',
  ENOSPC: 'disk-full',
  EDQUOT: 'disk-full',
  ENOTEMPTY: 'folder-not-empty',
  EEXIST: 'folder-not-empty',
};

/** Errors that pass by themselves: something is in use for a moment, or the network to the medium hiccups. */
const PASSING = new Set([
  ...['EBUSY', 'EAGAIN', 'EINTR', 'ETXTBSY', 'ETIMEDOUT', 'ENFILE', 'EMFILE', 'ENOMEM'],
  ...['ECONNRESET', 'ECONNABORTED', 'EHOSTDOWN', 'EHOSTUNREACH', 'ENETDOWN', 'ENETUNREACH', 'ENETRESET'],
]);

/** Whether trying again a little later may help. */
export function isPassing(one: Reason): boolean {
  return one.code === 'busy';
}

/** The `code` of a system error, or undefined when `error` is not one (then it is a defect of ours). */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Turns a system error into a reason; its message is left out because it names the path. Throws what is not a system error. */
export function reasonOf(error: unknown): Reason {
  const errno = errnoOf(error);
  if (errno === undefined) throw error;
  if (PASSING.has(errno)) return reason('busy', errno);
  const code = BY_ERRNO[errno];
  return code === undefined ? reason('io-error', errno) : reason(code);
}

/** The same for an error while opening the folders on the way. */
export function reasonOfFolder(error: unknown): Reason {
  const errno = errnoOf(error);
  return errno === 'ENOTDIR' || errno === 'ELOOP' ? reason('parent-is-symlink') : reasonOf(error);
}

/** The reasons without repetitions of a code, in the order of first appearance. */
export function distinctReasons(reasons: Iterable<Reason>): Reason[] {
  const byCode = new Map<string, Reason>();
  for (const each of reasons) if (!byCode.has(each.code)) byCode.set(each.code, each);
  return [...byCode.values()];
}
