import { lstatSync, type Stats } from 'node:fs';
import { chmod, chown, lstat, mkdir, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { badInput, refused } from '../model/index.js';
import type { WorkspacePaths } from './paths.js';

const SET_GROUP_ID = 0o2000;
const STICKY = 0o1000;
const GROUP_ALL = 0o070;

/** Private key of the log, in the folder of keys. No operator's file has such a name: theirs end with `.key.json`. */
export const LOG_KEY_FILE = 'log.signing-key.json';

/** Folders of a shared workspace. In the keys' folder nobody can take away or replace what another account made. */
export const SHARED_FOLDER = SET_GROUP_ID | 0o770;
export const SHARED_KEYS_FOLDER = STICKY | SHARED_FOLDER;

/**
 * The POSIX group that a workspace is shared with: its folder gives the group all rights and hands itself on to
 * what is made inside. Only the owner of the folder can make it so.
 *
 * @returns the group's number, or null for a workspace of one account
 */
export function groupOf(root: string): number | null {
  if (process.platform === 'win32') return null;
  const status = lstatSync(root);
  return isShared(status) ? status.gid : null;
}

function isShared({ mode }: Stats): boolean {
  return (mode & SET_GROUP_ID) !== 0 && (mode & GROUP_ALL) === GROUP_ALL;
}

/** Permission bits for a new file that everybody who works in the workspace reads, and one account writes. */
export function readableMode(folder: string): number {
  return groupOf(folder) === null ? 0o600 : 0o640;
}

/** Permission bits for a new file that everybody who works in the workspace writes. */
export function writableMode(folder: string): number {
  return groupOf(folder) === null ? 0o600 : 0o660;
}

/**
 * Shares a workspace with a group: its members may read and write the database, read settings and certificates,
 * and make files of their own. Key files are left to their owners alone. Safe to repeat.
 *
 * @throws Fault `group-refused` (exit 2) where the account is no member of the group or does not own the workspace
 */
export async function shareWorkspace(paths: WorkspacePaths, gid: number): Promise<void> {
  try {
    const { database, lock } = paths;
    for (const path of [database, `${database}-wal`, `${database}-shm`, lock]) await share(path, gid, 0o660);
    for (const path of [paths.settings, paths.schedule]) await share(path, gid, 0o640);
    for (const folder of [paths.certificates, paths.backups]) {
      for (const name of await readdir(folder)) await share(join(folder, name), gid, 0o640);
      await share(folder, gid, SHARED_FOLDER);
    }
    for (const name of await readdir(paths.keys)) {
      // The log's key too: whoever destroys or certifies signs a checkpoint.
      if (name.endsWith('.pub.pem') || name === LOG_KEY_FILE) await share(join(paths.keys, name), gid, 0o640);
    }
    await share(paths.keys, gid, SHARED_KEYS_FOLDER);
    for (const folder of [paths.checkpoints, paths.segments]) {
      for (const name of await readdir(folder).catch(() => [])) await share(join(folder, name), gid, 0o640);
      await share(folder, gid, SHARED_KEYS_FOLDER);
    }
    // Last: until the folder says so, it is the workspace of one account.
    await share(paths.root, gid, SHARED_FOLDER);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
    throw badInput('group-refused', `The workspace cannot be shared with the group ${gid}`, {
      cause: error,
      hint: 'Run it as the account that owns the workspace, after an administrator has made that account a member of the group; new groups count from the next login',
    });
  }
}

/** Makes a folder in which the members of a shared workspace may add files, and take away none of others. */
export async function makeMembersFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
    throw error;
  }
  if (groupOf(dirname(folder)) !== null) await chmod(folder, SHARED_KEYS_FOLDER);
}

/** Changes a file or folder that is there; never follows a link. */
async function share(path: string, gid: number, mode: number): Promise<void> {
  const status = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (status === undefined || status.isSymbolicLink()) return;
  if (status.gid !== gid) await chown(path, status.uid, gid);
  // After chown, which takes special bits away.
  await chmod(path, mode);
}

/**
 * Refuses a shared workspace whose settings or database another account has replaced: members of the group may
 * rename files in the folder, but cannot give theirs to its owner.
 *
 * @throws Fault `workspace-file-replaced` (exit 4)
 */
export function requireOwnersFiles(paths: WorkspacePaths): void {
  if (groupOf(paths.root) === null) return;
  const { uid } = lstatSync(paths.root);
  for (const [path, forbidden] of [
    [paths.settings, 0o022],
    [paths.database, 0o007],
  ] as const) {
    const status = lstatSync(path);
    if (status.isFile() && status.uid === uid && (status.mode & forbidden) === 0) continue;
    throw refused('workspace-file-replaced', `${path} is not as the owner of this workspace has made it`, {
      hint: 'Run: quietus doctor, and ask the owner of the workspace who changed the file before anything else is done',
    });
  }
}
