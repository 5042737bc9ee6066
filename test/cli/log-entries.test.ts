import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { quietus, temporaryFolder } from './harness.js';
import { initialized } from './made-once.js';

async function workspace(): Promise<string> {
  const root = join(temporaryFolder(), 'workspace');
  const words = '--organization Acme --time-zone UTC --operator-name Jane --operator jdoe --unattended';
  await initialized(root, words.split(' '));
  return root;
}

interface Entry {
  action: string;
  outcome: string;
  command: string;
  operator: string;
  subject: Record<string, string>;
  data: Record<string, unknown>;
  elapsed_ms: number;
}

/** Entries after those of `init`, oldest first. */
async function entries(cwd: string): Promise<Entry[]> {
  const listed = await quietus(['log', 'list', '--oldest-first', '--json'], { cwd });
  return (JSON.parse(listed.stdout) as { entries: Entry[] }).entries.slice(2);
}

describe('the log', () => {
  test('tells of every command that was refused, with its code and nothing that was typed', async () => {
    const cwd = await workspace();
    const refusals = [
      ['sweep', 'run', 'plan-of-jane-roe', '--confirm', 'plan-of-jane-roe'],
      ['hold', 'release', 'H-1999-0001', '--reason', 'Jane Roe'],
    ];
    const statuses = [];
    for (const args of refusals) statuses.push((await quietus([...args, '--json'], { cwd })).status);
    // Neither is refused by policy: what does not exist is bad input, which is not recorded.
    expect(statuses).toEqual([2, 2]);
    expect(await entries(cwd)).toEqual([]);
    writeFileSync(
      join(cwd, 'keys', 'log.signing-key.json'),
      readFileSync(join(cwd, 'keys', 'jdoe.key.json')),
    );
    const refused = await quietus(['log', 'checkpoint', '--json'], { cwd });
    expect(refused.status).toBe(4);
    execFileSync('sqlite3', [join(cwd, 'quietus.db'), 'update log_keys set seq = 1']);
    const [entry, ...others] = await entries(cwd);
    expect(others).toEqual([]);
    expect(entry).toMatchObject({
      action: 'command.refuse',
      outcome: 'refused',
      command: 'log checkpoint',
      operator: 'jdoe',
      data: { code: 'log-key-lost', exit: 4 },
    });
    expect(entry?.elapsed_ms).toBeGreaterThanOrEqual(0);
    expect((await quietus(['log', 'verify'], { cwd })).status).not.toBe(1);
  });

  test('names what was refused or read, where the workspace knows it, and the command for people', async () => {
    const cwd = await workspace();
    const run = (...args: string[]) => quietus(args, { cwd });
    writeFileSync(join(cwd, 'old.csv'), 'Jane Roe');
    const add = [
      'inventory',
      'add',
      'HR-1',
      '--title',
      'Payroll',
      '--medium',
      'file',
      '--location',
      'old.csv',
    ];
    expect((await run(...add)).status).toBe(0);
    expect((await run('hold', 'place', '--matter', 'Doe', '--item', 'HR-1')).status).toBe(0);
    const archived = await run('archive', 'create', 'HR-1', '--confirm', 'HR-1', '--accept-residual');
    expect(archived.status, archived.stderr).toBe(4);
    writeFileSync(join(cwd, 'other.csv'), 'Jane Roe');
    const disposed = await run('dispose', 'other.csv', '--confirm', 'other.csv', '--accept-residual');
    const number = /Certificate (\S+)/.exec(disposed.stdout)?.[1] ?? '';
    expect((await run('certificate', 'export', number, '--bundle', 'b.zip')).status).toBe(0);
    expect((await run('certificate', 'verify', number)).status).toBe(0);
    const file = join('certificates', `certificate-${number}.json`);
    expect((await run('certificate', 'verify', file)).status).toBe(0);
    const own = await run('certificate', 'countersign', number, '--as', 'witness', '--confirm', number);
    expect(own.status).toBe(4);
    const told = (await entries(cwd)).filter(({ action }) => action.startsWith('command.'));
    expect(told.map(({ action, command, subject }) => [action, command, subject])).toEqual([
      ['command.refuse', 'archive create', { item: 'HR-1' }],
      ['command.read', 'certificate export', { certificate: number }],
      ['command.read', 'certificate verify', { certificate: number }],
      ['command.read', 'certificate verify', {}],
      ['command.refuse', 'certificate countersign', { certificate: number }],
    ]);
    const listed = (await run('log', 'list', '--action', 'command')).stdout;
    expect(listed).toContain(`certificate countersign (certificate-own), certificate ${number}`);
    expect(listed).toMatch(/certificate verify$/m);
    const csv = (await run('log', 'list', '--csv', '--limit', '1')).stdout.split('\r\n');
    expect(csv[0]).toBe('seq,time,operator,host,command,action,outcome,subject,data,elapsed_ms,hash');
    expect(csv[1]).toMatch(/,\d+,[0-9a-f]{64}$/);
  }, 60_000);

  test('tells who read what, unless the workspace wants no such entries; reading the log itself leaves none', async () => {
    const cwd = await workspace();
    const item = [
      'inventory',
      'add',
      'HR-1',
      '--title',
      'Payroll of Jane Roe',
      '--medium',
      'paper',
      '--location',
      'x',
    ];
    expect((await quietus(item, { cwd })).status).toBe(0);
    for (const args of [
      ['inventory', 'show', 'HR-1'],
      ['inventory', 'list'],
      ['hold', 'list'],
      ['log', 'list'],
    ])
      expect((await quietus(args, { cwd })).status).toBe(0);
    const [, ...reads] = await entries(cwd);
    expect(reads).toMatchObject([
      { action: 'command.read', outcome: 'done', command: 'inventory show', subject: { item: 'HR-1' } },
      { action: 'command.read', command: 'inventory list', subject: {} },
      { action: 'command.read', command: 'hold list' },
    ]);
    expect(JSON.stringify(reads)).not.toContain('Roe');
    const settings = join(cwd, 'quietus.yaml');
    writeFileSync(settings, readFileSync(settings, 'utf8').replace('reads: true', 'reads: false'));
    await quietus(['inventory', 'list'], { cwd });
    expect(await entries(cwd)).toHaveLength(4);
  });
});
