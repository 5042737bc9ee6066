import type { KeyObject } from 'node:crypto';
import { lstatSync, readFileSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  createSigningKey,
  type NoteKey,
  noteKey,
  openPrivateKey,
  parseNoteKey,
  publicKeyOf,
  sealPrivateKey,
} from '../crypto/index.js';
import { badInput, Fault, refused } from '../model/index.js';
import {
  groupOf,
  LOG_KEY_FILE,
  readableMode,
  requirePrivate,
  syncFolder,
  writeFileAtomically,
} from '../workspace/index.js';

import { originOf } from './checkpoint.js';

/** Private key of the log, with its public part as C2SP signed-note writes it. */
export interface LogKey {
  privateKey: KeyObject;
  published: NoteKey;
}

/** A key that will be the current one as soon as the log tells of it. */
const NEXT = 'log.signing-key.next.json';
const ONLY_GROUP_READS = 0o027;

/**
 * The key in the workspace's keys folder. It has no passphrase: unattended sweeps sign too. In a shared workspace every
 * member may read it.
 *
 * @returns null where there is none
 * @throws Fault `log-key-unreadable` (exit 4) where another account owns it alone, `permissions-too-wide`,
 *   `file-of-another`, `key-file-invalid`
 */
export async function readLogKey(
  keysFolder: string,
  origin: string,
  which: 'current' | 'next' = 'current',
): Promise<LogKey | null> {
  const path = join(keysFolder, which === 'current' ? LOG_KEY_FILE : NEXT);
  let text: string;
  try {
    requireNarrow(path, dirname(keysFolder));
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    if (code !== 'EACCES') throw error;
    throw refused(
      'log-key-unreadable',
      'This account may not read the key that signs the log; no checkpoint can be made',
      {
        cause: error,
        hint: 'The owner of the workspace can let its members: quietus operator share',
      },
    );
  }
  return logKey(await openPrivateKey(text, null), origin);
}

/** Makes a new key. An existing one is never replaced: where another process was faster, its key is returned. */
export async function makeLogKey(
  keysFolder: string,
  origin: string,
  which: 'current' | 'next' = 'current',
): Promise<LogKey> {
  const { privateKey } = createSigningKey();
  const path = join(keysFolder, which === 'current' ? LOG_KEY_FILE : NEXT);
  try {
    await writeFileAtomically(path, await sealPrivateKey(privateKey, null), {
      exclusive: true,
      mode: readableMode(keysFolder),
    });
  } catch (error) {
    const made =
      (error as NodeJS.ErrnoException).code === 'EEXIST' ? await readLogKey(keysFolder, origin, which) : null;
    if (made === null) throw error;
    return made;
  }
  return logKey(privateKey, origin);
}

/** Puts the next key in the place of the current one, whose private part is thereby gone. */
export async function adoptNextKey(keysFolder: string): Promise<void> {
  await rename(join(keysFolder, NEXT), join(keysFolder, LOG_KEY_FILE));
  await syncFolder(keysFolder);
}

function logKey(privateKey: KeyObject, origin: string): LogKey {
  return { privateKey, published: noteKey(origin, publicKeyOf(privateKey)) };
}

function requireNarrow(path: string, root: string): void {
  const status = lstatSync(path);
  if (groupOf(root) === null) requirePrivate(path, 'the key of the log');
  else if (!status.isFile() || (status.mode & ONLY_GROUP_READS) !== 0) {
    throw refused(
      'permissions-too-wide',
      'Others than the members of the workspace may use the key of the log',
      {
        hint: `Find out who changed it, then: chmod 640 ${path}`,
      },
    );
  }
}

/** The public part of the workspace's key, as C2SP signed-note writes it; undefined where this account has none. */
export async function publishedLogKey(keysFolder: string, workspaceId: string): Promise<string | undefined> {
  try {
    return (await readLogKey(keysFolder, originOf(workspaceId)))?.published.text;
  } catch (error) {
    if (error instanceof Fault && error.code === 'log-key-unreadable') return undefined;
    throw error;
  }
}

/** A public key that a person kept. @throws Fault `log-key-invalid` (exit 2) where the file holds none */
export function readTrustedKey(path: string): string {
  let text = '';
  try {
    text = readFileSync(path, 'utf8').trim();
  } catch {
    // Said below.
  }
  if (parseNoteKey(text) !== null) return text;
  throw badInput('log-key-invalid', `${path} holds no public key of a log`, {
    hint: 'Name the file log.vkey that log export writes',
  });
}
