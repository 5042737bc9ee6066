import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exportLog, type LogEvent, rotateLogKey, verifyWorkspaceLog } from '../../src/audit/index.js';
import { sampleSession } from '../session/sample-workspace.js';
import { temporaryFolder } from '../temporary-folder.js';
import { hasGo } from './go-checker.js';

async function exported(): Promise<string> {
  const session = await sampleSession();
  const events = Array.from(
    { length: 40 },
    (_, at): LogEvent => ({ action: 'test.test', outcome: 'done', data: { at, text: '"\\é\u2028' } }),
  );
  await session.store.transaction((transaction) => session.recorder.appendAll(transaction, events));
  await rotateLogKey(session);
  const folder = join(temporaryFolder(), 'log');
  expect(await exportLog(session, folder)).toMatchObject({ entries: 43 });
  expect(await verifyWorkspaceLog(session)).toMatchObject({ problem: null, entries: 44 });
  expect(await verifyWorkspaceLog(session, { key: join(folder, 'log.vkey') })).toMatchObject({
    problem: null,
  });
  await expect(exportLog(session, folder)).rejects.toMatchObject({ code: 'folder-not-empty', exitCode: 2 });
  return folder;
}

/** The blocks of commands of the page, exactly as they are printed. */
function commands(folder: string): string[] {
  const page = readFileSync(join(folder, 'README.md'), 'utf8');
  return [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = '']) => block);
}

describe('an export of the log', () => {
  it('is checked by the commands of its README, run exactly as printed, and refused by them where it was changed', async () => {
    const folder = await exported();
    const run = (block: string) => spawnSync('sh', ['-ec', block], { cwd: folder, encoding: 'utf8' });
    const names = readdirSync(folder);
    expect(names.toSorted()).toEqual(
      [
        'README.md',
        'SHA256SUMS',
        'checkpoint.txt',
        'keys.txt',
        'log.jsonl',
        'log.pub.pem',
        'log.vkey',
        'verify.go',
      ].toSorted(),
    );
    expect(statSync(join(folder, 'log.jsonl')).mode & 0o777).toBe(0o600);
    // Whoever was told an older key needs to know where the newer one is vouched for.
    expect(readFileSync(join(folder, 'README.md'), 'utf8')).toMatch(/keys\.txt.*`log\.rotate-key`.*signed/);
    const all = commands(folder);
    expect(all).toHaveLength(4);
    const [sums = '', signature = '', go = '', chain = ''] = all;
    expect(run(sums)).toMatchObject({ status: 0, stdout: expect.stringContaining('log.jsonl: OK') });
    expect(run(signature)).toMatchObject({ status: 0, stdout: 'Signature Verified Successfully\n' });
    expect(run(chain)).toMatchObject({ status: 0, stdout: expect.stringContaining('chain OK') });
    if (hasGo())
      expect(run(go)).toMatchObject({
        status: 0,
        stdout: expect.stringMatching(/^OK: 43 entries of quietus\//),
      });

    const log = readFileSync(join(folder, 'log.jsonl'), 'utf8');
    writeFileSync(join(folder, 'log.jsonl'), log.replace('"at":20', '"at":21'));
    expect(run(sums).status).not.toBe(0);
    expect(run(chain)).toMatchObject({ status: 1, stdout: expect.stringContaining('broken') });
    if (hasGo()) expect(run(go)).toMatchObject({ status: 1, stdout: expect.stringContaining('FAILED') });
    writeFileSync(join(folder, 'log.jsonl'), `${log}{}\n`);
    if (hasGo())
      expect(run(go)).toMatchObject({ status: 1, stdout: expect.stringContaining('more entries') });
    const checkpoint = readFileSync(join(folder, 'checkpoint.txt'), 'utf8');
    writeFileSync(join(folder, 'checkpoint.txt'), checkpoint.replace('\n43\n', '\n44\n'));
    expect(run(signature).status).not.toBe(0);
    expect(execFileSync('wc', ['-l', join(folder, 'keys.txt')]).toString()).toMatch(/^2 /);
  });
});
