import type { KeyObject } from 'node:crypto';
import { lstatSync, readFileSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  createSigningKey,
  type NoteKey,
  noteKey,
  openPrivateKey,
  publicKeyOf,
  sealPrivateKey,
} from '../crypto/index.js';
import { refused } from '../model/index.js';
import {
  groupOf,
  readableMode,
  requirePrivate,
  syncFolder,
  writeFileAtomically,
} from '../workspace/index.js';

/** Private key of the log, with its public part as C2SP signed-note writes it. */
export interface LogKey {
  privateKey: KeyObject;
  published: NoteKey;
}

/** No operator's file has such a name: theirs end with `.key.json`. */
const CURRENT = 'log.signing-key.json';
/** A key that will be the current one as soon as the log tells of it. */
const NEXT = 'log.signing-key.next.json';
const ONLY_GROUP_READS = 0o027;

/**
 * The key in the workspace's keys folder. It has no passphrase: unattended sweeps sign too. In a shared workspace every
 * member may read it.
 *
 * @returns null where there is none
 * @throws Fault `permissions-too-wide`, `file-of-another`, `key-file-invalid`
 */
export async function readLogKey(
  keysFolder: string,
  origin: string,
  which: 'current' | 'next' = 'current',
): Promise<LogKey | null> {
  const path = join(keysFolder, which === 'current' ? CURRENT : NEXT);
  let text: string;
  try {
    requireNarrow(path, dirname(keysFolder));
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
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
  const path = join(keysFolder, which === 'current' ? CURRENT : NEXT);
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
  await rename(join(keysFolder, NEXT), join(keysFolder, CURRENT));
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
