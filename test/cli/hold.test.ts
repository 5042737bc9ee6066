import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { quietus, temporaryFolder, terminal } from './harness.js';
import { initialized } from './made-once.js';

/** A workspace in which nothing has happened yet. */
async function workspace(): Promise<string> {
  const root = join(temporaryFolder(), 'workspace');
  await initialized(root, [
    ...['--organization', 'Acme', '--time-zone', 'America/New_York'],
    ...['--operator-name', 'Jane Doe', '--operator', 'jdoe', '--unattended'],
  ]);
  return root;
}

describe('a hold', () => {
  const year = new Date().toLocaleString('en-US', { timeZone: 'America/New_York', year: 'numeric' });
  let untouched: string;
  beforeAll(async () => {
    untouched = await workspace();
  });

  test('on a query is stored as it was meant, and what can only be a mistake is refused', async () => {
    const cwd = await workspace();
    const place = (query: string) =>
      quietus(['hold', 'place', '--matter', 'm', '--query', query, '--json'], { cwd });
    const placed = await place(String.raw`title="the \"Merger\" files"`);
    expect(JSON.parse(placed.stdout).scopes).toEqual([
      { kind: 'query', value: 'title="the ""Merger"" files"' },
    ]);
    expect(await place("title='b,c'")).toMatchObject({
      status: 2,
      stdout: expect.stringContaining('double quotes'),
    });
    expect(await place('')).toMatchObject({ status: 2, stdout: expect.stringContaining('it is empty') });
  });

  test('is placed, listed and released, and the log says so without its matter', async () => {
    const cwd = await workspace();
    const placed = await quietus(
      ['hold', 'place', '--matter', 'Doe v. Acme', '--class', 'payroll', '--allow-unknown'],
      { cwd },
    );
    expect(placed).toMatchObject({
      status: 0,
      stdout: expect.stringContaining(`Hold H-${year}-0001 is in force`),
    });
    expect(placed.stdout).toContain('It reaches 0 items now');
    expect(placed.stderr).toContain('warning: nothing matches now: --class payroll');

    const listed = await quietus(['hold', 'list'], { cwd });
    expect(listed.stdout).toMatch(new RegExp(`H-${year}-0001 +Doe v. Acme +class payroll`));

    const released = await quietus(['hold', 'release', `H-${year}-0001`, '--reason', 'settled'], { cwd });
    expect(released).toMatchObject({ status: 0, stdout: expect.stringContaining('is released') });
    expect(await quietus(['hold', 'list'], { cwd })).toMatchObject({ status: 0, stdout: '' });
    expect((await quietus(['hold', 'list', '--all'], { cwd })).stdout).toContain('RELEASED');

    const log = await quietus(['log', 'list', '--json'], { cwd });
    expect(log.stdout).not.toMatch(/Doe|payroll|settled/);
    const { entries } = JSON.parse(log.stdout);
    expect(entries.map((entry: { action: string }) => entry.action)).toEqual([
      'command.read',
      'command.read',
      'hold.release',
      'command.read',
      'hold.place',
      'certificate.signer',
      'workspace.create',
    ]);
  });

  test('is told to scripts as JSON on stdout alone', async () => {
    const cwd = await workspace();
    mkdirSync(join(cwd, 'hr'));
    const args = [
      'hold',
      'place',
      '--allow-unknown',
      '--matter',
      'M',
      '--custodian',
      'Jane',
      '--location',
      './hr',
      '--reason',
      'why',
      '--json',
    ];
    const placed = JSON.parse((await quietus([...args, '--quiet'], { cwd })).stdout);
    expect(placed).toMatchObject({
      hold: `H-${year}-0001`,
      placed_by: 'jdoe',
      scopes: [
        { kind: 'custodian', value: 'Jane' },
        { kind: 'location', value: expect.stringMatching(/\/workspace\/hr$/) },
      ],
      items: 0,
      due: 0,
    });
    const again = await quietus(args, { cwd });
    expect(JSON.parse(again.stdout).same_matter).toEqual([`H-${year}-0001`]);
    expect(again.stderr).toContain('other holds in force');
    const { holds } = JSON.parse((await quietus(['hold', 'list', '--json'], { cwd })).stdout);
    expect(holds[0]).toMatchObject({ matter: 'M', reason: 'why', released_at: null });
  });

  test.each([
    ['without a scope', ['place', '--matter', 'M'], 'hold-scope-missing'],
    ['on an item that is not there', ['place', '--matter', 'M', '--item', 'X-1'], 'item-unknown'],
    ['without a matter', ['place', '--class', 'c'], undefined],
    ['on a class that nothing has', ['place', '--matter', 'M', '--class', 'payrol'], 'hold-scope-unknown'],
    [
      'on a custodian whom nothing names',
      ['place', '--matter', 'M', '--custodian', 'Olga'],
      'hold-scope-unknown',
    ],
    ['that does not exist', ['release', 'H-2020-0001', '--reason', 'x'], 'hold-unknown'],
    ['released without a reason', ['release', 'H-2020-0001'], undefined],
    ['released with an empty reason', ['release', 'H-2020-0001', '--reason', ''], 'hold-text-invalid'],
  ])('%s is refused with exit code 2 and leaves no trace', async (_name, args, code) => {
    const cwd = untouched;
    const outcome = await quietus(['hold', ...args, '--json'], { cwd });
    expect(outcome.status).toBe(2);
    const { error } = JSON.parse(outcome.stdout);
    if (code !== undefined) expect(error.code).toBe(code);
    const log = JSON.parse((await quietus(['log', 'list', '--json'], { cwd })).stdout);
    expect(log.entries).toHaveLength(2);
  });

  test('with a name full of control characters does not reach the terminal', async () => {
    const cwd = await workspace();
    const args = ['hold', 'place', '--matter', 'a\u202eb', '--class', 'c', '--allow-unknown'];
    expect((await quietus(args, { cwd })).status).toBe(0);
    const shown = await terminal(['hold', 'list'], { cwd, columns: 100 });
    expect(shown.stdout).toContain('a\\u202eb');
  });
});
