import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { sha256 } from '../../src/crypto/index.js';
import { encryptTransfer, handOver } from '../../src/transfer/index.js';
import { temporaryFolder } from '../temporary-folder.js';
import { requestFor, sessionWithRecipient } from './transfer-desk.js';

it('is told to be incomplete where another encryption has taken the name meanwhile', async () => {
  const session = await sessionWithRecipient();
  const cwd = temporaryFolder();
  const encrypt = async (name: string) => {
    const path = join(cwd, name);
    writeFileSync(path, name);
    return await encryptTransfer(session, requestFor(cwd, path, { force: true }));
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
