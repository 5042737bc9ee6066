import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { sha256 } from '../../src/crypto/index.js';
import { createIdentity } from '../../src/identities/index.js';
import { addRecipient, confirmRecipient } from '../../src/recipients/index.js';
import type { Session } from '../../src/session/index.js';
import { encryptTransfer, handOver } from '../../src/transfer/index.js';
import { sampleSession } from '../session/sample-workspace.js';
import { temporaryFolder } from '../temporary-folder.js';

async function withRecipient(): Promise<Session> {
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

it('is told to be incomplete where another encryption has taken the name meanwhile', async () => {
  const session = await withRecipient();
  const cwd = temporaryFolder();
  const encrypt = async (name: string) => {
    const path = join(cwd, name);
    writeFileSync(path, name);
    return await encryptTransfer(session, {
      ...{ paths: [path], to: ['acme'], output: 'out.age', cwd, format: null, armor: false, pack: false },
      ...{ compress: false, skipUnreadable: false, force: true, sheet: 'text', receipt: null, medium: null },
      ...{ passphraseTo: null, showPassphrase: () => undefined, canShow: false },
      signal: new AbortController().signal,
      write: () => Promise.reject(new Error('there is no pipe')),
      replaces: null,
    });
  };
  const first = await encrypt('one');
  const second = await encrypt('two');
  await expect(handOver(session, first, { force: true })).rejects.toMatchObject({
    code: 'handover-incomplete',
    exitCode: 3,
  });
  const { receiptPath } = await handOver(session, second, { force: true });
  const receipt = JSON.parse(readFileSync(String(receiptPath), 'utf8'));
  expect(receipt.ciphertext_sha256).toBe(sha256(readFileSync(join(cwd, 'out.age'))));
});
