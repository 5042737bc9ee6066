import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { openSession } from '../../src/session/index.js';
import { workspacePaths } from '../../src/workspace/index.js';
import { sampleWorkspace } from '../session/sample-workspace.js';
import { quietus, start, temporaryFolder, terminal } from './harness.js';

const HEADER = 'id,title,class,medium,location,closed';
const GOOD = `${HEADER}\nA-1,"Payroll, July",payroll,file,/srv/a.csv,2020-06-30\nA-2,I-9 forms,,paper,Room 12,\n`;

/** A workspace, and a folder in which `quietus` runs with it. */
async function world(): Promise<{
  root: string;
  folder: string;
  run: (...args: string[]) => ReturnType<typeof quietus>;
}> {
  const [root, folder] = [await sampleWorkspace(), temporaryFolder()];
  return { root, folder, run: (...args) => quietus(args, { cwd: folder, env: { QUIETUS_WORKSPACE: root } }) };
}

describe('quietus inventory import', () => {
  it('says what it did, and that a second time does nothing', async () => {
    const { folder, run } = await world();
    writeFileSync(join(folder, 'items.csv'), GOOD);
    const first = await run('inventory', 'import', 'items.csv');
    expect(first).toMatchObject({
      status: 0,
      stdout: 'Imported: 2 items added, 0 updated, 0 unchanged (log entry 2)\n',
    });
    expect(first.stderr).toContain('schedule-missing 2');
    const second = await run('inventory', 'import', 'items.csv');
    expect(second).toEqual({
      status: 0,
      signal: null,
      stdout: 'Nothing changed: 2 items are already in the inventory\n',
      stderr: '',
    });
    const log = await run('log', 'list', '--json');
    expect(log.stdout.match(/inventory\.import/g)).toHaveLength(1);
    expect(log.stdout).not.toContain('items.csv');
  });

  it('names bad rows, imports nothing and ends with 2', async () => {
    const { folder, run } = await world();
    writeFileSync(join(folder, 'items.csv'), GOOD.replace('2020-06-30', '02/30/2024'));
    const { status, stdout, stderr } = await run('inventory', 'import', 'items.csv', '--quiet');
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('error: 1 of 2 rows of items.csv cannot be imported; nothing was imported\n');
    expect(stderr).toContain(
      '  line 2, closed: is not a date: February 2024 has 29 days (a date written MM/DD/YYYY). Correct the day. Write dates as YYYY-MM-DD\n',
    );
    expect(stderr).toContain(
      'hint: Correct the rows (all are in items.rejects.csv), or import only the others with --partial',
    );
    expect(existsSync(join(folder, 'items.rejects.csv'))).toBe(true);
    expect(JSON.parse((await run('inventory', 'list', '--json')).stdout)).toEqual({ items: [], next: null });
  });

  it('with --partial leaves them out and ends with 3', async () => {
    const { folder, run } = await world();
    writeFileSync(join(folder, 'items.csv'), GOOD.replace('2020-06-30', '02/30/2024'));
    const { status, stdout } = await run('inventory', 'import', 'items.csv', '--partial', '--json');
    expect(status).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({
      outcome: 'imported',
      rows: 2,
      added: 1,
      rejected: 1,
      problems: [{ line: 2, column: 'closed', value_class: 'a date written MM/DD/YYYY' }],
      rejects_file: 'items.rejects.csv',
    });
    expect(stdout).not.toContain('02/30');
  });

  it('with --json tells of bad rows in one document, without their values', async () => {
    const { folder, run } = await world();
    writeFileSync(join(folder, 'items.csv'), GOOD.replace('A-1', '123-45-6789'));
    const { status, stdout } = await run('inventory', 'import', 'items.csv', '--json');
    expect(status).toBe(2);
    const { error } = JSON.parse(stdout);
    expect(error).toMatchObject({
      code: 'rows-rejected',
      exit_code: 2,
      details: { rejected: 1, outcome: 'rejected' },
    });
    expect(stdout).not.toMatch(/123-45-6789|Payroll/);
  });

  it('prints 20 problems, counts the others, and has all in the rejects file', async () => {
    const { folder, run } = await world();
    const rows = Array.from({ length: 50 }, (_, at) => `N-${at},T,x,paper,R,never`);
    writeFileSync(join(folder, 'items.csv'), `${HEADER}\n${rows.join('\n')}\n`);
    const { stderr } = await run('inventory', 'import', 'items.csv');
    expect(stderr.match(/^ {2}line /gm)).toHaveLength(20);
    expect(stderr).toContain('and 30 more');
    expect(readFileSync(join(folder, 'items.rejects.csv'), 'utf8').match(/never/g)).toHaveLength(50);
  });

  it('reads standard input, other dates, and relative paths', async () => {
    const { root, folder } = await world();
    const input = 'Record ID;Name;Type;Path;Closed\r\nA-1;T;file;a.csv;6/30/2020\r\n';
    const args = ['inventory', 'import', '-', '--base', '.', '--date-format', 'mdy', '--json'];
    const outcome = await quietus(args, { cwd: folder, env: { QUIETUS_WORKSPACE: root }, input });
    expect(outcome.status).toBe(0);
    const shown = await quietus(['inventory', 'show', 'A-1', '--json'], { env: { QUIETUS_WORKSPACE: root } });
    expect(JSON.parse(shown.stdout)).toMatchObject({ location: join(folder, 'a.csv'), closed: '2020-06-30' });
  });

  it.each([
    ['a missing file', ['none.csv'], 'There is no file none.csv'],
    ['a folder', ['.'], '. is a folder'],
    ['a missing base', ['none.csv', '--base', 'nowhere'], 'There is no folder nowhere'],
  ])('ends with 2 for %s', async (_, args, message) => {
    const { run } = await world();
    const { status, stdout, stderr } = await run('inventory', 'import', ...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(`error: ${message}\nhint: `);
  });

  it('killed in the middle leaves nothing of it', async () => {
    const rows = Array.from(
      { length: 120_000 },
      (_, at) => `N-${at},Title ${at},x,file,/srv/${at},2020-01-01`,
    );
    const killed = async () => {
      const { root, folder, run } = await world();
      writeFileSync(join(folder, 'items.csv'), `${HEADER}\n${rows.join('\n')}\n`);
      const { process: child, finished } = start(['inventory', 'import', 'items.csv'], {
        cwd: folder,
        env: { QUIETUS_WORKSPACE: root },
      });
      const journal = `${workspacePaths(root).database}-wal`;
      while (child.exitCode === null && (!existsSync(journal) || statSync(journal).size < 4_000_000))
        await delay(5);
      child.kill('SIGKILL');
      expect(await finished).toMatchObject({ signal: 'SIGKILL' });
      return { run, session: await openSession({ paths: workspacePaths(root), command: 'test' }) };
    };
    let { run, session } = await killed();
    // On a busy machine it may have been done before it was killed.
    for (let again = 0; again < 5 && (await session.store.items.count({})) === rows.length; again += 1) {
      await session.close();
      ({ run, session } = await killed());
    }
    expect(await session.store.items.count({})).toBe(0);
    expect(await session.store.log.page(0, 10)).toHaveLength(1);
    await session.close();
    expect(await run('inventory', 'import', 'items.csv')).toMatchObject({ status: 0 });
  });
});

describe('quietus inventory', () => {
  it('add, show, update and list work on one item', async () => {
    const { folder, run } = await world();
    const added = await run(
      ...['inventory', 'add', 'HR-1', '--title', 'Payroll', '--class', 'payroll', '--medium', 'file'],
      ...[
        '--location',
        'p.csv',
        '--pi',
        'ssn',
        '--pi',
        'biometric',
        '--subjects',
        '4',
        '--event',
        'hire=2020-02-29',
      ],
    );
    expect(added).toMatchObject({ status: 0, stdout: 'Added HR-1\n' });
    const shown = await run('inventory', 'show', 'HR-1');
    expect(shown.stdout).toMatch(/^location +\S+\/p\.csv$/m);
    expect(shown.stdout).toContain(join(folder, 'p.csv'));
    expect(shown.stdout).toMatch(/^personal information +Social Security number, biometric indicator$/m);
    const updated = await run('inventory', 'update', 'HR-1', '--subjects', '5', '--event', 'hire=');
    expect(updated.stdout.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['Changed HR-1'],
      ['COLUMN', 'BEFORE', 'NOW'],
      ['data_subjects', '4', '5'],
      ['event:hire', '2020-02-29'],
      [''],
    ]);
    expect(updated.stderr).toBe('It has no due date yet, so it is kept: schedule-missing\n');
    const again = await run('inventory', 'update', 'HR-1', '--subjects', '5');
    expect(again.stdout).toBe('Nothing changed: HR-1 is so already\n');
    const listed = await run('inventory', 'list', '--class', 'payroll');
    expect(listed.stdout).toMatch(/^HR-1 +Payroll +payroll +file +schedule-missing +active /m);
  });

  it('list prints the command for the next page', async () => {
    const { folder, run } = await world();
    writeFileSync(join(folder, 'items.csv'), GOOD);
    await run('inventory', 'import', 'items.csv');
    const page = await run('inventory', 'list', '--limit', '1', '--location', '/srv/a b', '--defects');
    expect(page.stderr).toBe('No items match\n');
    const first = await run('inventory', 'list', '--limit', '1', '--defects');
    expect(first.stderr).toBe('There are more: quietus inventory list --defects --limit 1 --after A-1\n');
    const second = await run('inventory', 'list', '--defects', '--limit', '1', '--after', 'A-1', '--json');
    expect(JSON.parse(second.stdout)).toMatchObject({
      items: [{ id: 'A-2', record_class: null }],
      next: null,
    });
  });

  it('list --csv prints every column, unescaped and uncut', async () => {
    const { folder, run } = await world();
    writeFileSync(join(folder, 'items.csv'), GOOD);
    await run('inventory', 'import', 'items.csv');
    const { stdout } = await run('inventory', 'list', '--csv');
    const lines = stdout.split('\r\n');
    expect(lines[0]).toMatch(/^id,title,class,.*,state,keep_until,delete_by,defect$/);
    expect(lines[1]).toMatch(/^A-1,"Payroll, July",payroll,file,\/srv\/a\.csv,.*,active,,,schedule-missing$/);
    expect(await run('inventory', 'list', '--csv', '--json')).toMatchObject({ status: 2 });
  });

  it('list shows what is in a title and does not run it', async () => {
    const { root, folder, run } = await world();
    writeFileSync(join(folder, 'items.csv'), 'id,title,medium,location\nA-1,T,paper,R\n');
    await run('inventory', 'import', 'items.csv');
    const session = await openSession({ paths: workspacePaths(root), command: 'test' });
    const item = await session.store.items.get('A-1');
    if (item === undefined) throw new Error('no item');
    // As an older program or a hand in the database could have left it.
    await session.store.items.update({ ...item, title: 'x\u001b[2Jy' }, item.due);
    await session.close();
    const shown = await terminal(['inventory', 'list'], { env: { QUIETUS_WORKSPACE: root } });
    expect(shown.stdout).toContain(String.raw`x\x1b[2Jy`);
    expect(shown.stdout).not.toContain('\u001b[2J');
  });

  it('export writes what import reads, and nothing but it to standard output', async () => {
    const { folder, run } = await world();
    writeFileSync(join(folder, 'items.csv'), GOOD);
    await run('inventory', 'import', 'items.csv');
    const exported = await run('inventory', 'export', 'out.csv');
    expect(exported).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^Exported 2 items to out\.csv\nSHA-256 [0-9a-f]{64}\n$/),
    });
    const printed = await run('inventory', 'export', '-');
    expect(printed.stdout).toBe(readFileSync(join(folder, 'out.csv'), 'utf8'));
    expect(printed.stderr).toBe('Exported 2 items\n');
    expect((await run('inventory', 'import', 'out.csv')).stdout).toContain('Nothing changed: 2 items');
    expect(await run('inventory', 'export', 'out.csv')).toMatchObject({ status: 2 });
  });

  it.each([
    [['inventory', 'show', 'NO-1'], 2, 'There is no item NO-1'],
    [['inventory', 'update', 'NO-1', '--title', 'x'], 2, 'There is no item NO-1'],
    [['inventory', 'add', 'A-1'], 2, 'title is missing'],
    [['inventory', 'list', '--due-before', '02/30/2024'], 2, '--due-before is not a date'],
  ])('%j is refused', async (args, status, message) => {
    const { run } = await world();
    const outcome = await run(...args);
    expect(outcome).toMatchObject({ status, stdout: '' });
    expect(outcome.stderr).toContain(message);
    expect(outcome.stderr).not.toMatch(/^ +at /m);
  });
});

describe('inventory add and update', () => {
  it('take the flags of every command, and an event only as NAME=DATE', async () => {
    const folder = temporaryFolder();
    const workspace = join(folder, 'ws');
    await quietus([
      ...['init', workspace, '--organization', 'Acme', '--time-zone', 'America/New_York', '--no-input'],
      ...['--operator', 'tester', '--operator-name', 'A. Tester', '--unattended'],
    ]);
    const item = ['--title', 'T', '--medium', 'paper', '--location', 'Room 1', '--event', 'hire=2020-01-02'];
    const added = await quietus(['inventory', 'add', 'A', ...item, '--workspace', workspace]);
    expect(added).toMatchObject({ status: 0 });
    const bare = await quietus(['inventory', 'update', 'A', '--event', 'hire', '--workspace', workspace]);
    expect(bare).toMatchObject({ status: 2 });
    expect(bare.stderr).toContain('NAME=DATE');
    const shown = await quietus(['inventory', 'show', 'A', '--json', '--workspace', workspace]);
    expect(JSON.parse(shown.stdout)).toMatchObject({ events: { hire: '2020-01-02' }, disposals: [] });
  });
});
