import type { KeyObject } from 'node:crypto';
import { lstatSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openPrivateKey, sealPrivateKey } from '../crypto/index.js';
import { refused } from '../model/index.js';
import { groupOf, readableMode, requirePrivate, writeFileAtomically } from '../workspace/index.js';

/** No operator's file has such a name: theirs end with `.key.json`. */
const NAME = 'certificate.signing-key.json';
const ONLY_GROUP_READS = 0o027;

/**
 * The key that signs certificates. It has no passphrase: sweeps without a person sign too, and what it proves is that
 * the workspace issued the certificate; persons sign with keys of their own beside it. In a shared workspace every
 * member may read it.
 *
 * @returns undefined where there is none
 * @throws Fault `permissions-too-wide`, `file-of-another`, `key-file-invalid`
 */
export async function readSigningKey(keysFolder: string): Promise<KeyObject | undefined> {
  const path = join(keysFolder, NAME);
  let text: string;
  try {
    requireNarrow(path, dirname(keysFolder));
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  return await openPrivateKey(text, null);
}

/** Writes the key; an earlier one is gone, and what it has signed stays valid. */
export async function writeSigningKey(keysFolder: string, key: KeyObject): Promise<void> {
  const sealed = await sealPrivateKey(key, null);
  await writeFileAtomically(join(keysFolder, NAME), sealed, { mode: readableMode(keysFolder) });
}

function requireNarrow(path: string, root: string): void {
  const status = lstatSync(path);
  if (groupOf(root) === null) requirePrivate(path, 'the key that signs certificates');
  else if (!status.isFile() || (status.mode & ONLY_GROUP_READS) !== 0) {
    throw refused(
      'permissions-too-wide',
      'Others than the members of the workspace may use the key that signs certificates',
      { hint: `Find out who changed it, then: chmod 640 ${path}` },
    );
  }
}
