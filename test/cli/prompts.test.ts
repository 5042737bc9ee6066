import { spawn } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { PROBE, programCommand, quietus, temporaryFolder, terminal } from './harness.js';

const script = PROBE;
const CTRL_C = '\u0003';

function secretFile(content: string | Buffer, mode = 0o600): string {
  const path = join(temporaryFolder(), 'passphrase');
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

describe('a confirmation', () => {
  test('is given with --confirm, or typed on a terminal', async () => {
    const flag = await quietus(['probe', 'confirm', '--confirm', "O'Hara box"], { script });
    expect(flag).toMatchObject({ status: 0, stdout: 'confirmed\n' });
    const typed = await terminal(['probe', 'confirm'], {
      script,
      answers: [{ after: 'go on:', type: "O'Hara box\r" }],
    });
    expect(typed.stdout).toContain('This destroys it.');
    expect(typed).toMatchObject({ status: 0, stdout: expect.stringContaining('confirmed\n') });
  });

  test('that is missing names the exact flag, quoted for a shell', async () => {
    const hint = "hint: Add --confirm 'O'\\''Hara box'\n";
    const piped = await quietus(['probe', 'confirm'], { script, input: "O'Hara box\n" });
    expect(piped).toMatchObject({ status: 2, stdout: '' });
    expect(piped.stderr).toBe(`error: This needs a confirmation; nothing was done\n${hint}`);
    const noInput = await terminal(['probe', 'confirm', '--no-input'], { script, env: { NO_COLOR: '1' } });
    expect(noInput).toMatchObject({ status: 2, stdout: expect.stringContaining(hint) });
    const json = await quietus(['probe', 'confirm', '--json'], { script });
    expect(JSON.parse(json.stdout).error).toMatchObject({
      code: 'confirmation-needed',
      details: { expected: "O'Hara box" },
    });
  });

  test('that is wrong ends the command', async () => {
    const flag = await quietus(['probe', 'confirm', '--confirm', 'o’hara box', '--json'], { script });
    expect(flag.status).toBe(2);
    expect(JSON.parse(flag.stdout).error.code).toBe('confirmation-wrong');
    const typed = await terminal(['probe', 'confirm'], {
      script,
      answers: [{ after: 'go on:', type: 'yes\r' }],
    });
    expect(typed).toMatchObject({ status: 2, stdout: expect.not.stringContaining('confirmed') });
  });
});

describe('a passphrase', () => {
  const hexOf = async (content: string | Buffer): Promise<string> => {
    const args = ['probe', 'passphrase', '--json', '--passphrase-file', secretFile(content)];
    const outcome = await quietus(args, { script });
    expect(outcome.status).toBe(0);
    return Buffer.from(JSON.parse(outcome.stdout).hex, 'hex').toString();
  };

  test('comes from a file, without its last line feed and nothing else', async () => {
    expect(await hexOf('correct horse')).toBe('correct horse');
    expect(await hexOf('correct horse\n')).toBe('correct horse');
    expect(await hexOf('correct horse\r\n')).toBe('correct horse');
    expect(await hexOf(' correct\thorse \n\n')).toBe(' correct\thorse \n');
    expect(await hexOf('pässwörd 🐎\n')).toBe('pässwörd 🐎');
  });

  test('comes from a descriptor, a pipe or a socket', async () => {
    const [node, program] = programCommand(script);
    const command = `exec '${node}' '${program}' probe passphrase --passphrase-file /dev/fd/3`;
    const outcomes = [
      spawn('bash', ['-c', `${command} 3< <(printf 'from three\\n')`], {
        stdio: ['ignore', 'pipe', 'inherit'],
      }),
      spawn('bash', ['-c', `${command} 3<<< 'from three'`], { stdio: ['ignore', 'pipe', 'inherit'] }),
      spawn('bash', ['-c', command], { stdio: ['ignore', 'pipe', 'inherit', 'pipe'] }),
    ];
    const socket = outcomes[2]?.stdio[3] as Duplex;
    setTimeout(() => socket.end('from three\n'), 200);
    const ended = outcomes.map(async (child) => {
      let stdout = '';
      child.stdout?.on('data', (chunk) => {
        stdout += chunk;
      });
      const status = await new Promise((resolve) => child.on('close', resolve));
      return { status, stdout };
    });
    const expected = { status: 0, stdout: '10 characters\n' };
    expect(await Promise.all(ended)).toEqual([expected, expected, expected]);
  });

  test.each([
    ['an empty file', '', 'passphrase-empty'],
    ['a line feed alone', '\n', 'passphrase-empty'],
    ['bytes that are no text', Buffer.from([0xff, 0xfe, 0x41]), 'passphrase-unreadable'],
    ['a file that is too long', 'x'.repeat(5000), 'passphrase-too-long'],
  ])('is refused from %s', async (_, content, code) => {
    const outcome = await quietus(
      ['probe', 'passphrase', '--json', '--passphrase-file', secretFile(content)],
      { script },
    );
    expect(outcome.status).toBe(2);
    expect(JSON.parse(outcome.stdout).error.code).toBe(code);
  });

  test('that is being chosen is refused from a file with a second line', async () => {
    const args = ['probe', 'passphrase', '--twice', '--json', '--passphrase-file'];
    const outcome = await quietus([...args, secretFile('correct horse\nof the records key\n')], { script });
    expect(outcome.status).toBe(2);
    expect(JSON.parse(outcome.stdout).error.code).toBe('passphrase-lines');
    expect((await quietus([...args, secretFile('correct horse\n')], { script })).status).toBe(0);
  });

  test('file that is missing or a folder is a clear error', async () => {
    const folder = temporaryFolder();
    for (const path of [join(folder, 'none'), folder]) {
      const outcome = await quietus(['probe', 'passphrase', '--json', '--passphrase-file', path], { script });
      expect(JSON.parse(outcome.stdout).error.code).toBe('passphrase-unreadable');
      expect(outcome.status).toBe(2);
    }
  });

  test('file that others can read gets a warning', async () => {
    const args = ['probe', 'passphrase', '--passphrase-file', secretFile('correct horse', 0o644)];
    expect((await quietus(args, { script })).stderr).toMatch(/^warning: .*chmod 600/);
  });

  test('is asked for without echo', async () => {
    const outcome = await terminal(['probe', 'passphrase', '--twice'], {
      script,
      answers: [
        { after: 'Passphrase:', type: 'battery staple\r' },
        { after: 'again:', type: 'battery staple\r' },
      ],
    });
    expect(outcome).toMatchObject({ status: 0, stdout: expect.stringContaining('14 characters') });
    expect(outcome.stdout).not.toContain('battery');
  });

  test('that is typed differently the second time is refused', async () => {
    const outcome = await terminal(['probe', 'passphrase', '--twice'], {
      script,
      answers: [
        { after: 'Passphrase:', type: 'battery staple\r' },
        { after: 'again:', type: 'battery stable\r' },
      ],
    });
    expect(outcome).toMatchObject({ status: 2, stdout: expect.stringContaining('not the same') });
  });

  test('is never read from standard input', async () => {
    const outcome = await quietus(['probe', 'passphrase', '--json'], { script, input: 'battery staple\n' });
    expect(outcome.status).toBe(2);
    expect(JSON.parse(outcome.stdout).error.code).toBe('passphrase-needed');
  });
});

describe('questions', () => {
  test('are answered on a terminal', async () => {
    const outcome = await terminal(['probe', 'ask'], {
      script,
      answers: [
        { after: 'Name', type: '\r' },
        { after: 'Medium', type: '\u001b[B\r' },
        { after: 'Sure', type: 'y\r' },
      ],
    });
    expect(outcome.stdout).toContain('{"name":"Ann","medium":"b","sure":true}');
    expect(outcome.status).toBe(0);
  });

  test('name their flag where nobody can answer', async () => {
    const outcome = await quietus(['probe', 'ask'], { script });
    expect(outcome).toMatchObject({ status: 2, stderr: expect.stringContaining('hint: Add --name NAME\n') });
  });

  test('are ended by Ctrl-C with 130', async () => {
    const outcome = await terminal(['probe', 'ask'], { script, answers: [{ after: 'Name', type: CTRL_C }] });
    expect(outcome).toMatchObject({
      status: 130,
      stdout: expect.stringContaining('Interrupted; nothing was done'),
    });
    expect(outcome.stdout).not.toMatch(/defect|\n\s+at /);
  });
});
