import { createIdentity } from '../../src/identities/index.js';
import { addRecipient, confirmRecipient } from '../../src/recipients/index.js';
import type { Session } from '../../src/session/index.js';
import type { encryptTransfer } from '../../src/transfer/index.js';
import { sampleSession } from '../session/sample-workspace.js';

type EncryptionRequest = Parameters<typeof encryptTransfer>[1];

/** A workspace with the confirmed recipient `acme`. */
export async function sessionWithRecipient(): Promise<Session> {
  const session = await sampleSession();
  const { publicKey, fingerprint } = await createIdentity(session, {
    name: 'records',
    kind: 'age',
    passphrase: 'a long enough passphrase',
  });
  await addRecipient(session, {
    name: 'acme',
    address: { kind: 'age', value: publicKey },
    ...{ organization: null, contact: null, formats: null, expiresOn: null, recovery: false },
  });
  await confirmRecipient(session, { name: 'acme', fingerprint, how: null });
  return session;
}

/** Encrypts one file for `acme` into `out.age` in the folder. */
export function requestFor(
  cwd: string,
  path: string,
  changes: Partial<EncryptionRequest> = {},
): EncryptionRequest {
  return {
    ...{ paths: [path], to: ['acme'], output: 'out.age', cwd, format: null, armor: false, pack: false },
    ...{ compress: false, skipUnreadable: false, force: false, sheet: 'text', receipt: null, medium: null },
    ...{ passphraseTo: null, showPassphrase: () => undefined, canShow: false },
    signal: new AbortController().signal,
    write: () => Promise.reject(new Error('there is no pipe')),
    ...changes,
  };
}
