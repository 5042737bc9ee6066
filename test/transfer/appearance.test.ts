import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  closeSync,
  existsSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Session } from '../../src/session/index.js';
import { encryptTransfer } from '../../src/transfer/index.js';
import { temporaryFolder } from '../temporary-folder.js';
import { requestFor, sessionWithRecipient } from './transfer-desk.js';

const MEBIBYTE = 1024 * 1024;

/** Encrypts three mebibytes, while something happens to the folder after the first of them is on the disk. */
async function encryptWhile(
  happening: (temporary: string, output: string) => void,
  changes: { compress?: boolean } = {},
) {
  const session = await sessionWithRecipient();
  const cwd = temporaryFolder();
  const path = join(cwd, 'plain');
  writeFileSync(path, randomBytes(3 * MEBIBYTE));
  let done = false;
  const onProgress = (bytes: number): void => {
    if (done || bytes < MEBIBYTE) return;
    done = true;
    const [name] = readdirSync(cwd).filter((each) => each.startsWith('.out.age.'));
    happening(join(cwd, name ?? ''), join(cwd, 'out.age'));
  };
  const encrypted = encryptTransfer(session, requestFor(cwd, path, { onProgress, ...changes }));
  return { session, cwd, encrypted, happened: () => done };
}

async function outcomes({ store }: Session): Promise<unknown[]> {
  const entries = await store.log.page(0, 100, { action: 'transfer.encrypt' });
  return entries.map(({ entry }) => {
    const { outcome, data } = JSON.parse(entry) as { outcome: string; data: { code?: string } };
    return data.code === undefined ? outcome : `${outcome} ${data.code}`;
  });
}

describe('an encrypted file appears only', () => {
  it.each<[string, (file: number) => void]>([
    ['a byte of its content', (file) => writeSync(file, Buffer.of(1, 2, 3, 4), 0, 4, 500_000)],
    ['a byte of its header', (file) => writeSync(file, Buffer.of(0), 0, 1, 30)],
    ['its length', (file) => ftruncateSync(file, 20 * MEBIBYTE)],
  ])('where what was written opens again: not after %s became another', async (_, damage) => {
    const { session, cwd, encrypted, happened } = await encryptWhile((temporary) => {
      const file = openSync(temporary, 'r+');
      damage(file);
      closeSync(file);
    });
    await expect(encrypted).rejects.toMatchObject({ code: 'readback-differs', exitCode: 5 });
    expect(happened()).toBe(true);
    expect(readdirSync(cwd)).toEqual(['plain']);
    expect(await outcomes(session)).toEqual(['intent', 'failed readback-differs']);
  });

  it('where nothing has its name: what came there meanwhile stays', async () => {
    const { session, cwd, encrypted } = await encryptWhile((_, output) => writeFileSync(output, 'mine'));
    await expect(encrypted).rejects.toMatchObject({ code: 'output-exists', exitCode: 2 });
    expect(readFileSync(join(cwd, 'out.age'), 'utf8')).toBe('mine');
    expect(readdirSync(cwd).toSorted()).toEqual(['out.age', 'plain']);
    expect(await outcomes(session)).toEqual(['intent', 'failed output-exists']);
  });

  it.each([false, true])('where the source stayed as it was (compressed: %s)', async (compress) => {
    const { session, cwd, encrypted } = await encryptWhile(
      (temporary) => writeFileSync(join(temporary, '..', 'plain'), randomBytes(3 * MEBIBYTE)),
      { compress },
    );
    await expect(encrypted).rejects.toMatchObject({ code: 'input-changed', exitCode: 3 });
    expect(existsSync(join(cwd, 'out.age'))).toBe(false);
    expect(await outcomes(session)).toEqual(['intent', 'failed input-changed']);
  });
});

it('does not appear where the source was written to while it was proved', async () => {
  const session = await sessionWithRecipient();
  const cwd = temporaryFolder();
  const path = join(cwd, 'plain');
  writeFileSync(path, 'first');
  const { store } = session;
  const transaction = store.transaction.bind(store);
  let transactions = 0;
  store.transaction = (work) => {
    transactions += 1;
    // The first is the intent, the second tells that it is proved.
    if (transactions === 2) appendFileSync(path, ', and second');
    return transaction(work);
  };
  await expect(encryptTransfer(session, requestFor(cwd, path))).rejects.toMatchObject({
    code: 'input-changed',
  });
  expect(readdirSync(cwd)).toEqual(['plain']);
});
