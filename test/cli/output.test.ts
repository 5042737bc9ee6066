import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { PROBE, programCommand, quietus, terminal } from './harness.js';

const ESCAPE = String.fromCharCode(27);

function shell(command: string): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const child = spawn('bash', ['-c', command], { stdio: ['ignore', 'pipe', 'pipe'] });
  const parts = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => (parts.stdout += chunk));
  child.stderr.on('data', (chunk) => (parts.stderr += chunk));
  return new Promise((resolve) => child.on('close', (status) => resolve({ status, ...parts })));
}

describe('data never reaches the terminal as control characters', () => {
  const spelledOut = '\\x1b]0;owned\\x07\\x1b[31mred \\u202etxt.exe\\r\\n';

  test('in a table, in other output and in messages, off a terminal', async () => {
    const { stdout, stderr } = await quietus(['probe', 'table'], { script: PROBE });
    expect(stdout).toContain(`ITEM-2  ${spelledOut}`);
    expect(stdout + stderr).not.toContain(ESCAPE);
    expect(stdout + stderr).not.toContain('\u202e');
    // Outside of tables line feeds are the command's own.
    expect(stderr).toBe('raw \\x1b]0;owned\\x07\\x1b[31mred \\u202etxt.exe\\r\n\n');
  });

  test('on a terminal, where only our own colours pass', async () => {
    const { stdout } = await terminal(['probe', 'table'], { script: PROBE, columns: 120 });
    expect(stdout).toContain('\\x1b]0;owned\\x07');
    expect(stdout).not.toContain(`${ESCAPE}]`);
    expect(stdout).not.toContain('\u202e');
  });

  test('--json carries the data as it is, in JSON escapes', async () => {
    const { stdout } = await quietus(['probe', 'table', '--json'], { script: PROBE });
    expect(stdout).not.toContain(ESCAPE);
    expect(JSON.parse(stdout)[1].title).toBe(`${ESCAPE}]0;owned\u0007${ESCAPE}[31mred \u202etxt.exe\r\n`);
  });
});

describe('colour', () => {
  test('is used on a terminal, for heads of tables and for errors', async () => {
    expect((await terminal(['probe', 'table'], { script: PROBE })).stdout).toContain(`${ESCAPE}[1mID`);
    expect((await terminal(['nothing'])).stdout).toContain(`${ESCAPE}[31merror:${ESCAPE}[0m`);
  });

  test.each([[{ NO_COLOR: '1' }], [{ TERM: 'dumb' }]])('is left out with %j', async (env) => {
    const table = await terminal(['probe', 'table', '--quiet'], { script: PROBE, env });
    expect(table.stdout).toContain('ITEM-1');
    expect(table.stdout).not.toContain(ESCAPE);
    expect((await terminal(['nothing'], { env })).stdout).toBe(
      'error: There is no command nothing\nhint: See quietus --help\n',
    );
    expect((await terminal(['doctor'], { env })).stdout).not.toContain(ESCAPE);
    expect((await terminal(['schedule', '--help'], { env })).stdout).not.toContain(ESCAPE);
  });

  test('is left out off a terminal, also in help', async () => {
    for (const args of [['--help'], ['doctor'], ['schedule', 'check', '--help'], ['nothing']]) {
      const { stdout, stderr } = await quietus(args);
      expect(stdout + stderr).not.toContain(ESCAPE);
    }
  });
});

describe('a table', () => {
  test('is cut to the width of the terminal, but never in its ids', async () => {
    const { stdout } = await terminal(['probe', 'table', '--quiet'], {
      script: PROBE,
      columns: 40,
      env: { NO_COLOR: '1' },
    });
    const lines = stdout.split('\n').slice(0, 3);
    expect(lines[0]).toMatch(/^ID {6}TITLE +COUNT$/);
    expect(lines[1]).toMatch(/^ITEM-1 {2}A long title that do.*… +7$/);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(40);
  });

  test('is never cut where it is not read on a terminal', async () => {
    const { stdout } = await quietus(['probe', 'table'], { script: PROBE });
    expect(stdout).toContain('A long title that does not fit on a narrow terminal at all');
  });
});

describe('progress', () => {
  test('is shown on a terminal only, and not with --quiet or --json', async () => {
    expect((await terminal(['probe', 'table'], { script: PROBE })).stdout).toContain('Probing');
    expect((await terminal(['probe', 'table', '--quiet'], { script: PROBE })).stdout).not.toContain(
      'Probing',
    );
    expect((await terminal(['probe', 'table', '--json'], { script: PROBE })).stdout).not.toContain('Probing');
    expect((await quietus(['probe', 'table'], { script: PROBE })).stderr).not.toContain('Probing');
  });
});

describe('where the output goes', () => {
  test('a reader that goes away ends the output quietly, and not the run', async () => {
    const [node, script] = programCommand(PROBE);
    const { stdout, stderr } = await shell(`'${node}' '${script}' probe flood | head -n 1`);
    expect(stdout).toMatch(/^line 0 /);
    expect(stderr).toBe('finished\n');
  });

  test('a full disk behind stdout is told, and is no defect', async () => {
    const [node, script] = programCommand();
    const child = spawn(node, [script, 'doctor'], { stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'] });
    let stderr = '';
    child.stderr?.on('data', (chunk) => (stderr += chunk));
    const status = await new Promise((resolve) => child.on('close', resolve));
    expect(status).toBe(2);
    expect(stderr).toContain('error: The disk is full');
  });

  test('with --json stdout is one document and messages are on stderr', async () => {
    const outcome = await quietus(['probe', 'part', '--json'], { script: PROBE });
    expect(JSON.parse(outcome.stdout)).toEqual({ done: 1, left: 1 });
    expect(outcome.stderr).toBe('a note\n');
  });
});
