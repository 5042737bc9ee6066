import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { quietus, temporaryFolder } from './harness.js';

let root: string;
const outside = temporaryFolder();
const run = (...args: string[]) => quietus(['--workspace', root, ...args], { cwd: outside });

beforeAll(async () => {
  root = join(temporaryFolder(), 'workspace');
  const answers = [
    '--organization',
    'Acme',
    '--time-zone',
    'America/New_York',
    '--operator-name',
    'Jane Doe',
  ];
  const made = await quietus(['init', root, ...answers, '--operator', 'jdoe', '--unattended']);
  expect(made.status, made.stderr).toBe(0);
});

test('a certificate goes from a disposal to somebody outside, is issued again and declared void', async () => {
  const year = new Date().getFullYear();
  const [first, second] = [`${year}-0001`, `${year}-0002`];
  writeFileSync(join(outside, 'old.csv'), 'Jane Roe');
  const disposed = await run('dispose', 'old.csv', '--confirm', 'old.csv', '--accept-residual');
  expect(disposed.stdout, disposed.stderr).toContain(`Certificate ${first}`);
  const signer = await run('certificate', 'identity', 'show');
  writeFileSync(join(outside, 'signer.pem'), signer.stdout);
  expect((await run('certificate', 'export', first, '--bundle', 'b.zip')).status).toBe(0);
  writeFileSync(join(outside, 'log.key'), execFileSync('unzip', ['-p', join(outside, 'b.zip'), 'log/key']));
  const check = ['certificate', 'verify', 'b.zip', '--trust', 'signer.pem', '--public-key', 'log.key'];
  const verified = await quietus(check, { cwd: outside });
  expect(verified.stdout + verified.stderr).toContain('Every check passed.');
  expect(verified.status).toBe(0);
  const outsider = (...args: string[]) => quietus(['certificate', 'verify', ...args], { cwd: outside });
  expect(await outsider('b.zip')).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/nothing says whom you trust\n.*add --trust/s),
  });
  // The key of the log in the place of the certificate must not look like a forged certificate.
  expect(await outsider('b.zip', '--trust', 'log.key')).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('holds no X.509 certificate'),
  });
  // Whoever forges a PDF can copy the checkpoint of a real one into it.
  const pdf = join(root, 'certificates', `certificate-${first}.pdf`);
  expect(await outsider(pdf, '--public-key', 'log.key')).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('does not show who signed a single file'),
  });
  const inside = await run('certificate', 'verify', first);
  expect(inside.stdout).toMatch(/ok {3}The checkpoint over \d+ entries was signed by a key of this log/);
  expect((await run('certificate', 'verify', 'b.zip')).stderr).toContain('add --trust signer.pem');
  const again = await run('certificate', 'issue', '--replaces', first, '--confirm', first);
  expect(again.stdout).toContain(`takes the place of ${first}`);
  const refused = await run('certificate', 'verify', first);
  expect([refused.status, refused.stdout]).toEqual([
    5,
    expect.stringContaining(`Certificate ${second} took`),
  ]);
  expect(
    (await run('certificate', 'void', second, '--reason', 'Wrong file', '--confirm', second)).status,
  ).toBe(0);
  expect((await run('certificate', 'list')).stdout).toMatch(/replaced by .*\n.*void/);
  const shown = await run('certificate', 'show', first);
  expect(shown.stdout).toContain(`state      replaced by ${second}`);
  expect(shown.stdout).toContain('destroyed  1 item\n');
  // What the log tells of it goes on to the one that took its place.
  const told = await run('log', 'list', '--certificate', first, '--action', 'certificate.issue', '--json');
  expect(JSON.parse(told.stdout).entries).toMatchObject([
    { subject: { certificate: second }, data: { replaces: first } },
    { subject: { certificate: first } },
  ]);
  const void2 = await run('certificate', 'show', second);
  expect(void2.stdout).toMatch(
    /state {6}void; declared void on 20.* by jdoe: Wrong file\n {2}replaces {3}20/,
  );
  const void1 = await run('certificate', 'void', first, '--reason', 'Wrong as well', '--confirm', first);
  expect(void1.stderr).toContain(`Certificate ${second} took its place before`);
  expect((await run('certificate', 'list')).stdout).toContain(`void, replaced by ${second}`);
  const register = await run('certificate', 'register', '--year', String(year), '--csv');
  expect(register.stdout.split('\r\n')).toHaveLength(4);
  expect(register.stdout).not.toContain('\\r');
  expect(readFileSync(join(root, 'certificates', `certificate-${second}.json`), 'utf8')).toContain(
    `"replaces": "${first}"`,
  );
}, 120_000);
