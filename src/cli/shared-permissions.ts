import type { Stats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SHARED_FOLDER, SHARED_KEYS_FOLDER, type WorkspacePaths } from '../workspace/index.js';
import { type Finding, finding } from './health-finding.js';

/** What a file or folder of a shared workspace must be. */
interface Expectation {
  path: string;
  /** All bits of a folder; the most that a file may have. */
  mode: number;
  kind: 'folder' | 'file';
  /** Whether the account that owns the workspace must own it. */
  owners: boolean;
}

/**
 * The permissions of a workspace that is shared with a group: the group works in it, other accounts get nothing,
 * settings belong to the owner of the workspace alone, and each key file to one account.
 */
export async function checkSharedPermissions(paths: WorkspacePaths): Promise<Finding[]> {
  const root = await lstat(paths.root);
  const found: Finding[] = [];
  for (const expected of await expectations(paths)) {
    const status = await lstat(expected.path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (status !== undefined) found.push(...mistakes(expected, status, root, paths));
  }
  const group = `Shared with group ${root.gid}`;
  if (!isMember(root)) {
    found.push(
      finding('permissions', 'bad', `${group}, of which this account is no member`, {
        hint: 'Have an administrator add it (usermod -aG), then sign in again',
      }),
    );
  }
  if (found.length > 0) return found;
  return [finding('permissions', 'good', `${group}; each key is for its owner alone`)];
}

async function expectations(paths: WorkspacePaths): Promise<Expectation[]> {
  const { root, keys, database, backups, certificates } = paths;
  const names = await readdir(keys).catch(() => []);
  const folder = (path: string, mode: number): Expectation => ({ path, mode, kind: 'folder', owners: true });
  const file = (path: string, mode: number, owners: boolean): Expectation => ({
    path,
    mode,
    kind: 'file',
    owners,
  });
  return [
    folder(root, SHARED_FOLDER),
    folder(keys, SHARED_KEYS_FOLDER),
    folder(certificates, SHARED_FOLDER),
    folder(backups, SHARED_FOLDER),
    file(paths.settings, 0o640, true),
    file(paths.schedule, 0o664, false),
    file(database, 0o660, true),
    file(`${database}-wal`, 0o660, false),
    file(`${database}-shm`, 0o660, false),
    file(paths.lock, 0o660, false),
    ...names.map((name) => file(join(keys, name), isPublic(name) ? 0o640 : 0o600, false)),
  ];
}

/** What others in the workspace read: public keys, requests, confirmations, and the keys that the workspace signs with. */
function isPublic(name: string): boolean {
  return /\.(?:pub\.pem|enrolment\.json|confirmation\.json|signing-key\.json)$/.test(name);
}

function mistakes(expected: Expectation, status: Stats, root: Stats, paths: WorkspacePaths): Finding[] {
  const { path, mode: wanted, kind, owners } = expected;
  const name = path === paths.root ? 'the workspace folder' : path.slice(paths.root.length + 1);
  const found: Finding[] = [];
  const bad = (message: string, hint: string) => found.push(finding('permissions', 'bad', message, { hint }));
  // SQLite takes these files away itself, and makes new ones that are as the database is.
  const run = path.startsWith(`${paths.database}-`)
    ? 'It goes when the last command ends; if it is still there then, run:'
    : 'Run:';
  const mode = status.mode & 0o7777;
  const wrong = kind === 'folder' ? mode !== wanted : (mode & ~wanted) !== 0;
  if (status.isSymbolicLink()) bad(`${name} is a link`, `Put the file itself there: ${path}`);
  else if (wrong) {
    bad(
      `The mode of ${name} is ${octal(mode)}, not ${octal(wanted)}`,
      `${run} chmod ${octal(wanted)} ${path}`,
    );
  } else if ((wanted & 0o070) !== 0 && (status.gid !== root.gid || (mode & 0o040) === 0)) {
    bad(`The group cannot use ${name}`, `${run} chgrp ${root.gid} ${path} && chmod ${octal(wanted)} ${path}`);
  }
  if (owners && status.uid !== root.uid) {
    bad(
      `${name} belongs to another account (uid ${status.uid}) than the workspace`,
      `Find out who put it there; then, as root: chown ${root.uid} ${path}`,
    );
  }
  return found;
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

function isMember({ uid, gid }: Stats): boolean {
  const account = process.getuid?.();
  return (
    account === 0 || account === uid || process.getgroups?.().includes(gid) || process.getgid?.() === gid
  );
}
