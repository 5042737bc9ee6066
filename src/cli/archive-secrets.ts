import type { DecryptionKey } from '../crypto/index.js';
import type { Session } from '../session/index.js';
import type { QuietusCommand } from './base-command.js';

/** A file of identities is some hundred bytes each. */
const LONGEST_IDENTITY_FILE = 64 * 1024;

/** What opens the archive key of the workspace, asked for or read from the files that were named. */
export async function archiveSecrets(
  command: QuietusCommand,
  session: Session,
  flags: { 'passphrase-file'?: string | undefined; identity?: readonly string[] | undefined },
): Promise<{ secrets: DecryptionKey[]; passphrase: string | null }> {
  const { archiveKey } = await import('../archive/index.js');
  const key = await archiveKey(session);
  if (key?.opener.kind === 'recipients')
    return { secrets: await identities(flags.identity ?? []), passphrase: null };
  const passphrase = await command.passphrase({
    file: flags['passphrase-file'],
    prompt: 'Passphrase of the archive key',
  });
  return { secrets: [{ kind: 'passphrase', passphrase }], passphrase };
}

async function identities(files: readonly string[]): Promise<DecryptionKey[]> {
  const { open } = await import('node:fs/promises');
  const { readAgeIdentities } = await import('../crypto/index.js');
  const { badInput } = await import('../model/index.js');
  if (files.length === 0) {
    throw badInput('identity-needed', 'The archive key is opened by an age identity that is kept elsewhere', {
      hint: 'Give its file with --identity FILE',
    });
  }
  const keys: DecryptionKey[] = [];
  for (const path of files) {
    let text: string;
    try {
      const file = await open(path, 'r');
      const { bytesRead, buffer } = await file
        .read(Buffer.alloc(LONGEST_IDENTITY_FILE), 0, LONGEST_IDENTITY_FILE, 0)
        .finally(() => file.close());
      text = buffer.subarray(0, bytesRead).toString('utf8');
      buffer.fill(0);
    } catch (cause) {
      throw badInput('identity-unreadable', `The identity file ${path} cannot be read`, { cause });
    }
    for (const { identity } of await readAgeIdentities(text)) keys.push({ kind: 'age', identity });
  }
  return keys;
}
