import { lstatSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { SealedKind } from '../crypto/index.js';
import { badInput } from '../model/index.js';
import type { OperatorDesk } from '../operators/index.js';
import { groupOf, requirePrivate } from '../workspace/index.js';

/** The public part is under the tag, too: a sealed file cannot be passed off as another identity's. */
export const IDENTITY_KIND: SealedKind = { format: 'quietus-identity/1', bindsPublic: true };

/**
 * The folder with this account's identities, 0700. In a shared workspace each operator has one: nobody else's
 * account could read what lies in it.
 */
async function identityFolder(desk: OperatorDesk): Promise<string> {
  const shared = groupOf(desk.paths.root) !== null;
  return join(desk.paths.keys, shared ? `identities-${(await desk.operator()).id}` : 'identities');
}

/** Makes the folder where there is none. @throws Fault `permissions-too-wide`, `file-of-another` */
export async function ownIdentityFolder(desk: OperatorDesk): Promise<string> {
  const folder = await identityFolder(desk);
  await mkdir(folder, { mode: 0o700, recursive: true });
  requirePrivate(folder, 'the folder of the identities');
  return folder;
}

export function identityFile(folder: string, name: string): string {
  return join(folder, `${name}.identity.json`);
}

/** Count of wrong passphrases of an identity. */
export function attemptsFile(folder: string, name: string): string {
  return join(folder, `${name}.attempts.json`);
}

/**
 * @returns text of the sealed file
 * @throws Fault `permissions-too-wide`, `file-of-another` (exit 4), `identity-file-missing` (exit 2)
 */
export async function readIdentityFile(
  desk: OperatorDesk,
  name: string,
): Promise<{ folder: string; text: string }> {
  const folder = await identityFolder(desk);
  const path = identityFile(folder, name);
  try {
    lstatSync(path);
  } catch (error) {
    throw badInput('identity-file-missing', `The key file of the identity ${name} is not here`, {
      cause: error,
      hint: `It belongs to the operator who made it (quietus identity show ${name}); restore a lost one from a backup`,
    });
  }
  requirePrivate(folder, 'the folder of the identities');
  requirePrivate(path, 'the identity file');
  return { folder, text: readFileSync(path, 'utf8') };
}
