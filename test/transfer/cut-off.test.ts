import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Transfer } from '../../src/model/index.js';
import { cutOffTransfers, encryptTransfer } from '../../src/transfer/index.js';
import { sampleSession } from '../session/sample-workspace.js';
import { temporaryFolder } from '../temporary-folder.js';
import { sampleTransfer } from './sample-transfer.js';
import { requestFor, sessionWithRecipient } from './transfer-desk.js';

const NOW = new Date('2026-11-22T10:00:00.000Z');

function by(host: string, pid: number | undefined): Partial<Transfer> {
  return { work: { host, pid: pid ?? 0, temporary: '/nowhere/.x.tmp', output: '/nowhere/x' } };
}

it('was cut off where its process on this machine is gone, or a day after it went to a pipe', async () => {
  const session = await sampleSession({ clock: { now: () => NOW } });
  const gone = spawnSync('true').pid;
  const transfers = [
    sampleTransfer('RUNNING', by(hostname(), process.pid)),
    // Process 1 is always there, and of another account where the tests do not run as root.
    sampleTransfer('OF-ANOTHER', by(hostname(), 1)),
    sampleTransfer('GONE', by(hostname(), gone)),
    sampleTransfer('ELSEWHERE', by('another-machine', gone)),
    sampleTransfer('PIPE', { work: null, begunAt: '2026-11-21T10:00:00.001Z' }),
    sampleTransfer('OLD-PIPE', { work: null, begunAt: '2026-11-21T10:00:00.000Z' }),
    sampleTransfer('DONE', { ...by(hostname(), gone), state: 'done', endedAt: '2026-11-22T09:00:00.000Z' }),
  ];
  await session.store.transaction(async (transaction) => {
    for (const each of transfers) await transaction.transfers.insert(each);
  });
  expect((await cutOffTransfers(session)).map(({ id }) => id).toSorted()).toEqual(['GONE', 'OLD-PIPE']);
});

// It was killed after its file was proved: an older file that was to be replaced is there still.
it('is not recorded as done where the file of its name is another one', async () => {
  const session = await sessionWithRecipient();
  const cwd = temporaryFolder();
  const [output, temporary] = [join(cwd, 'x.age'), join(cwd, '.x.age.01234567.tmp')];
  writeFileSync(output, 'an older file');
  writeFileSync(temporary, 'proved');
  writeFileSync(join(cwd, 'plain'), 'plain');
  const work = { host: hostname(), pid: spawnSync('true').pid, temporary, output };
  const operator = await session.operator();
  await session.store.transaction(async (transaction) => {
    const facts = { ciphertextSha256: 'ab'.repeat(32), begunBy: operator.id, work };
    await transaction.transfers.insert(sampleTransfer('T-2026-0099', facts));
  });
  const { ended } = await encryptTransfer(session, requestFor(cwd, join(cwd, 'plain')));
  expect(ended).toEqual(['T-2026-0099']);
  expect(await session.store.transfers.get('T-2026-0099')).toMatchObject({ state: 'failed', work: null });
  expect(existsSync(temporary)).toBe(false);
  expect(readFileSync(output, 'utf8')).toBe('an older file');
});
