import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type ManifestCommand, manifest, quietus, start, temporaryFolder, terminal } from './harness.js';

/** What the help of a command would leave a reader without. */
function shortcomings({ id, description, examples = [], flags, args }: ManifestCommand): string[] {
  const name = id.replaceAll(':', ' ');
  const found: string[] = [];
  if (!/^[A-Z][\s\S]+\.$/.test(description ?? '')) found.push(`${name}: the description is no sentence`);
  if (examples.length === 0) found.push(`${name}: no examples`);
  for (const example of examples) {
    const text = typeof example === 'string' ? example : example.command;
    const shown = text.replaceAll('<%= config.bin %>', 'quietus').replaceAll('<%= command.id %>', name);
    if (!shown.includes(`quietus ${name}`) || shown.includes('<%'))
      found.push(`${name}: the example ${shown}`);
  }
  for (const [flag, { description: words }] of Object.entries(flags))
    if (!words) found.push(`${name}: --${flag}`);
  for (const [argument, { description: words }] of Object.entries(args))
    if (!words) found.push(`${name}: ${argument}`);
  for (const flag of ['workspace', 'json', 'no-input', 'quiet'])
    if (!(flag in flags)) found.push(`${name}: no --${flag}`);
  return found;
}

describe('every command', () => {
  test('has a description, examples that name it, and words for its arguments and flags', () => {
    const commands = Object.values(manifest().commands);
    expect(commands.length).toBeGreaterThan(3);
    expect(commands.flatMap(shortcomings)).toEqual([]);
  });

  test('shows its help, with usage and examples, in every way that help is asked for', async () => {
    // One of each topic: what the others would show is in the manifest, which the test before looks through.
    const ids = Object.keys(manifest().commands);
    const topics = new Map(ids.map((id) => [id.split(':')[0], id]));
    expect(topics.size).toBeGreaterThan(15);
    for (const id of topics.values()) {
      const words = id.split(':');
      const { status, stdout, stderr } = await quietus([...words, '--help']);
      expect({ id, status, stderr }).toEqual({ id, status: 0, stderr: '' });
      expect(stdout).toContain(`$ quietus ${words.join(' ')}`);
      expect(stdout).toContain('EXAMPLES');
      expect(stdout).toContain('GLOBAL FLAGS');
    }
    expect((await quietus(['dispose', '--help'])).stdout).toContain('dispose record');
    const long = await quietus(['schedule', 'check', '--help']);
    for (const args of [
      ['help', 'schedule', 'check'],
      ['schedule', 'check', '-h'],
      ['schedule', 'check', 'x', '--help'],
      ['--quiet', 'help', 'schedule', 'check'],
    ]) {
      expect((await quietus(args)).stdout).toBe(long.stdout);
    }
  });

  test('says its first sentence once, on lines that a terminal of 80 columns can show', async () => {
    const { stdout } = await terminal(['sweep', 'plan', '--help'], { env: { NO_COLOR: '1' } });
    const [first = ''] = stdout.split('\n\n');
    expect(first.split('\n').length).toBeGreaterThan(1);
    expect(Math.max(...first.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(stdout.split('Decide for every item').length).toBe(2);
    expect(stdout).toMatch(/DESCRIPTION\n {2}Nothing is disposed of\./);
  });

  test('breaks a long list of values between them', async () => {
    const { stdout } = await terminal(['dispose', 'record', '--help'], { env: { NO_COLOR: '1' } });
    expect(stdout.replace(/\s+/g, ' ')).toContain(
      '<options: redacted | burned | pulverized | shredded | destroyed | erased>',
    );
  });

  test('that destroys can be tried and confirmed without a terminal', () => {
    const run = manifest().commands['sweep:run'];
    expect(Object.keys(run?.flags ?? {})).toEqual(expect.arrayContaining(['dry-run', 'confirm']));
  });
});

describe('the program', () => {
  test('alone shows its topics, commands and exit codes', async () => {
    const { status, stdout, stderr } = await quietus([]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    for (const word of ['TOPICS', 'COMMANDS', 'EXIT CODES', 'inventory', 'sweep', 'doctor', '130'])
      expect(stdout).toContain(word);
    expect((await quietus(['--help'])).stdout).toBe(stdout);
    expect((await quietus(['help'])).stdout).toBe(stdout);
  });

  test('tells its version in every way', async () => {
    const { version } = JSON.parse((await quietus(['--version', '--json'])).stdout);
    expect(version).toMatch(/^\d+\.\d+\.\d+/);
    for (const args of [['--version'], ['-v'], ['version']]) {
      expect(await quietus(args)).toMatchObject({
        status: 0,
        stderr: '',
        stdout: expect.stringContaining(`quietus ${version} (node `),
      });
    }
    expect(JSON.parse((await quietus(['version', '--json'])).stdout)).toMatchObject({
      name: 'quietus',
      version,
    });
  });

  test('takes the flags of every command before the command too', async () => {
    expect(JSON.parse((await quietus(['--json', '--quiet', 'doctor'])).stdout).findings).toBeInstanceOf(
      Array,
    );
    const missing = await quietus(['--workspace', '/nowhere', 'sweep', 'list']);
    expect(missing).toMatchObject({ status: 2, stderr: expect.stringContaining('/nowhere') });
  });

  test('starts where the working folder is gone, and writes no file of its own', async () => {
    const home = temporaryFolder();
    const folder = join(home, 'gone');
    mkdirSync(folder);
    const { finished } = start(['schedule', '--help'], { cwd: folder, env: { HOME: home } });
    expect((await finished).status).toBe(0);
    const { readdirSync } = await import('node:fs');
    await quietus(['doctor'], { env: { HOME: home } });
    await quietus(['completion', 'bash'], { env: { HOME: home } });
    expect(readdirSync(home)).toEqual(['gone']);
    writeFileSync(join(home, 'file'), '');
    expect((await quietus(['--version'], { cwd: home })).status).toBe(0);
  });
});
