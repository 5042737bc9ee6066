import { spawnSync } from 'node:child_process';
import { hostname } from 'node:os';
import { expect, it } from 'vitest';
import type { Transfer } from '../../src/model/index.js';
import { cutOffTransfers } from '../../src/transfer/index.js';
import { sampleSession } from '../session/sample-workspace.js';
import { sampleTransfer } from './sample-transfer.js';

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
