import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type Outcome, quietus, type RunOptions, temporaryFolder } from './harness.js';
import { initialized, madeOnce } from './made-once.js';

/** A workspace of the test's own, with a folder beside it for the files of the test. */
export interface EncryptionDesk {
  root: string;
  /** Where commands run. */
  desk: string;
  run(args: readonly string[], options?: RunOptions): Promise<Outcome>;
  /** Runs a command that must succeed, and reads its JSON. */
  json(args: readonly string[], options?: RunOptions): Promise<Record<string, unknown>>;
  /** Actions and outcomes in the log, the newest first, without those of commands that only read. */
  log(): Promise<{ action: string; outcome: string; data: Record<string, unknown> }[]>;
}

/** @param prepare what is there before the test begins; the same function is run once and its work copied */
export async function encryptionDesk(
  prepare?: (made: EncryptionDesk) => Promise<void>,
): Promise<EncryptionDesk> {
  const folder = temporaryFolder();
  const [root, desk] = [join(folder, 'workspace'), join(folder, 'desk')];
  const run = (args: readonly string[], options: RunOptions = {}) =>
    quietus([...args, '--workspace', root], { cwd: desk, ...options });
  const json = async (args: readonly string[], options?: RunOptions) => {
    const outcome = await run([...args, '--json'], options);
    expect(outcome.status, outcome.stderr).toBe(0);
    return JSON.parse(outcome.stdout) as Record<string, unknown>;
  };
  const log = async () => {
    const { entries } = (await json(['log', 'list'])) as {
      entries: Awaited<ReturnType<EncryptionDesk['log']>>;
    };
    return entries.filter(({ action }) => action !== 'command.read');
  };
  const made = { root, desk, run, json, log };
  await madeOnce(folder, prepare ?? 'a workspace and nothing else', async () => {
    mkdirSync(desk);
    await initialized(root, [
      ...['--organization', 'Acme', '--time-zone', 'America/New_York'],
      ...['--operator-name', 'Jane Doe', '--operator', 'jdoe', '--unattended'],
    ]);
    await prepare?.(made);
  });
  return made;
}

/** A key made by age-keygen: its file and its public part. */
export function ageKeygen(folder: string, name = 'key.txt'): { file: string; recipient: string } {
  const file = join(folder, name);
  execFileSync('age-keygen', ['-o', file], { stdio: 'ignore' });
  return { file, recipient: ageRecipient(file) };
}

/** The public part of a key file. */
export function ageRecipient(file: string): string {
  return execFileSync('age-keygen', ['-y', file]).toString().trim();
}

/** What sha256sum says of a text. */
export function sha256sum(text: string): string {
  return execFileSync('sha256sum', { input: text }).toString().slice(0, 64);
}

/** A certificate made by openssl with its key. @param key such as `rsa:2048` */
export function opensslCertificate(
  folder: string,
  options: { name?: string; key?: string; days?: number; usage?: string } = {},
): { certificate: string; key: string; fingerprint: string } {
  const {
    name = 'county',
    key = 'rsa:2048',
    days = 30,
    usage = 'keyEncipherment,dataEncipherment',
  } = options;
  const files = { certificate: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) };
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', key, '-noenc', '-days', String(days), '-subj', `/O=County/CN=${name}`],
      ...['-addext', `keyUsage=critical,${usage}`, '-keyout', files.key, '-out', files.certificate],
    ],
    { stdio: 'ignore' },
  );
  const line = execFileSync('openssl', [
    'x509',
    '-in',
    files.certificate,
    '-noout',
    '-fingerprint',
    '-sha256',
  ]);
  return { ...files, fingerprint: line.toString().trim().split('=')[1] ?? '' };
}

/** A passphrase in a file, with the line end that every editor adds. */
export function passphraseFile(folder: string, passphrase: string, name = 'passphrase'): string {
  const file = join(folder, name);
  writeFileSync(file, `${passphrase}\n`, { mode: 0o600 });
  return file;
}

/** Types the indented commands of an instruction sheet into a shell, as they stand. */
export function typeSheet(folder: string, sheet: string, input = ''): void {
  const commands = readFileSync(sheet, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('       '))
    .map((line) => line.trim());
  expect(commands.length).toBeGreaterThan(0);
  execFileSync('sh', ['-ec', commands.join('\n')], { cwd: folder, input, stdio: ['pipe', 'pipe', 'pipe'] });
}
