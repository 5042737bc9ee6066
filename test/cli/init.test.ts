import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { quietus, temporaryFolder, terminal } from './harness.js';

const PASSPHRASE = 'correct horse battery staple';
const ANSWERS = [
  '--organization',
  'Acme Dental',
  '--time-zone',
  'America/New_York',
  '--operator-name',
  'Jane Doe',
];
const UNATTENDED = [...ANSWERS, '--operator', 'jdoe', '--unattended'];

function passphraseFile(text: string): string {
  const path = join(temporaryFolder(), 'passphrase');
  writeFileSync(path, `${text}\n`, { mode: 0o600 });
  return path;
}

describe('init without a terminal', () => {
  test('makes a workspace from flags, and the other commands find it', async () => {
    const root = join(temporaryFolder(), 'work space');
    const made = await quietus(['init', root, ...UNATTENDED]);
    expect(made.status).toBe(0);
    expect(made.stdout).toContain(`Made a workspace in ${root}`);
    expect(made.stdout).toContain(`cd '${root}'`);
    expect(made.stdout).toContain('quietus schedule check');
    expect(statSync(root).mode & 0o777).toBe(0o700);
    expect(await quietus(['log', 'verify'], { cwd: root })).toMatchObject({ status: 0 });
  });

  test('names every missing flag at once, and makes nothing', async () => {
    const root = join(temporaryFolder(), 'workspace');
    const outcome = await quietus(['init', root, '--json']);
    expect(outcome.status).toBe(2);
    const { error } = JSON.parse(outcome.stdout);
    expect(error.code).toBe('flags-missing');
    for (const flag of [
      '--organization',
      '--time-zone',
      '--operator-name',
      '--passphrase-file',
      '--unattended',
    ]) {
      expect(error.hint).toContain(flag);
    }
    expect(existsSync(root)).toBe(false);
  });

  test('does not wait for answers on a standard input that stays open', async () => {
    const outcome = await terminal(['init', join(temporaryFolder(), 'w'), '--no-input'], { timeout: 10_000 });
    expect(outcome.status).toBe(2);
  });

  test('takes the passphrase from a file, and never prints it', async () => {
    const root = join(temporaryFolder(), 'workspace');
    const args = [
      'init',
      root,
      ...ANSWERS,
      '--operator',
      'jdoe',
      '--passphrase-file',
      passphraseFile(PASSPHRASE),
    ];
    const outcome = await quietus([...args, '--json']);
    expect(outcome.status).toBe(0);
    expect(outcome.stdout + outcome.stderr).not.toContain('horse');
    const result = JSON.parse(outcome.stdout);
    expect(result).toEqual({
      workspace: expect.stringMatching(/^[0-9a-f-]{36}$/),
      operator: 'jdoe',
      key: 'passphrase',
      public_key: readFileSync(join(root, 'keys', 'jdoe.pub.pem'), 'utf8'),
      signing_certificate_sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    const shown = await quietus(['certificate', 'identity', 'show'], { cwd: root });
    const fingerprint = ['x509', '-noout', '-fingerprint', '-sha256'];
    expect(execFileSync('openssl', fingerprint, { input: shown.stdout }).toString()).toContain(
      result.signing_certificate_sha256.toUpperCase().match(/../g).join(':'),
    );
    expect(JSON.parse(readFileSync(join(root, 'keys', 'jdoe.key.json'), 'utf8')).kdf).toBe('scrypt');
    const found = execFileSync('sh', ['-c', `grep -rlF '${PASSPHRASE}' . || true`], { cwd: root }).toString();
    expect(found).toBe('');
  });

  test.each([
    ['a short passphrase', ['--passphrase-file', 'FILE'], 'passphrase-short'],
    ['an unknown zone', ['--unattended', '--time-zone', 'Boston'], 'time-zone-invalid'],
    ['a day that does not exist', ['--unattended', '--fiscal-year-end', '02-30'], 'day-invalid'],
    ['an operator id with capitals', ['--unattended', '--operator', 'JDoe'], 'operator-id-invalid'],
    ['an empty organization', ['--unattended', '--organization', ' '], 'text-invalid'],
    ['an address on two lines', ['--unattended', '--address', 'a\nb'], 'text-invalid'],
    ['two folders', ['--unattended', '--workspace', '/elsewhere'], 'two-folders'],
  ])('refuses %s with exit code 2, and makes nothing', async (_name, flags, code) => {
    const root = join(temporaryFolder(), 'workspace');
    const given = flags.map((flag) => (flag === 'FILE' ? passphraseFile('elevenchars') : flag));
    const base = [
      '--organization',
      'Acme',
      '--time-zone',
      'UTC',
      '--operator-name',
      'Jane Doe',
      '--operator',
      'jdoe',
    ];
    const kept = base.filter((_, index) => !given.includes(base[index - (index % 2)] ?? ''));
    const outcome = await quietus(['init', root, '--json', ...kept, ...given]);
    expect(outcome.status).toBe(2);
    expect(JSON.parse(outcome.stdout).error.code).toBe(code);
    expect(outcome.stdout + outcome.stderr).not.toContain('elevenchars');
    expect(existsSync(root)).toBe(false);
  });

  test('uses the current folder where it is empty, and asks for a name where it is not', async () => {
    const folder = temporaryFolder();
    expect((await quietus(['init', ...UNATTENDED], { cwd: folder })).status).toBe(0);
    expect(existsSync(join(folder, 'quietus.yaml'))).toBe(true);
    const other = temporaryFolder();
    writeFileSync(join(other, 'mine.txt'), '');
    const refused = await quietus(['init', ...UNATTENDED], { cwd: other });
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain('quietus init DIR');
    expect(readdirSync(other)).toEqual(['mine.txt']);
  });

  test('uses --workspace, or QUIETUS_WORKSPACE', async () => {
    const folder = temporaryFolder();
    expect((await quietus(['init', ...UNATTENDED, '--workspace', join(folder, 'a')])).status).toBe(0);
    const env = { QUIETUS_WORKSPACE: join(folder, 'b') };
    expect((await quietus(['init', ...UNATTENDED], { env })).status).toBe(0);
    expect(readdirSync(folder).toSorted()).toEqual(['a', 'b']);
  });

  test('never changes an existing workspace', async () => {
    const root = join(temporaryFolder(), 'workspace');
    await quietus(['init', root, ...UNATTENDED]);
    const before = readFileSync(join(root, 'quietus.yaml'), 'utf8');
    const again = await quietus(['init', root, ...UNATTENDED, '--json']);
    expect(again.status).toBe(2);
    expect(JSON.parse(again.stdout).error.code).toBe('workspace-exists');
    expect(readFileSync(join(root, 'quietus.yaml'), 'utf8')).toBe(before);
  });
});

describe('init on a terminal', () => {
  test('asks for everything, with defaults, and for the passphrase twice without showing it', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'mine.txt'), '');
    const outcome = await terminal(['init'], {
      cwd: folder,
      env: { NO_COLOR: '1', TZ: 'UTC' },
      columns: 120,
      answers: [
        { after: 'Folder for the workspace', type: '\r' },
        { after: 'Name of the organization', type: 'Acme Dental\r' },
        { after: 'Time zone', type: '\r' },
        { after: 'fiscal year', type: '06-30\r' },
        { after: 'operator id', type: 'jdoe\r' },
        { after: 'full name', type: 'Jane Doe\r' },
        { after: 'approve a plan', type: '\r' },
        { after: 'at least 12 characters', type: 'short\r' },
        { after: 'at least 12 characters:', type: `${PASSPHRASE}\r` },
        { after: 'same passphrase again', type: `${PASSPHRASE}\r` },
      ],
    });
    expect(outcome.stdout).toContain('Made a workspace in');
    expect(outcome.status).toBe(0);
    expect(outcome.stdout).not.toContain('horse');
    const settings = readFileSync(join(folder, 'quietus', 'quietus.yaml'), 'utf8');
    expect(settings).toContain('name: "Acme Dental"');
    expect(settings).toContain('time_zone: "America/New_York"');
    expect(settings).toContain('fiscal_year_end: "06-30"');
    expect(existsSync(join(folder, 'quietus', 'keys', 'jdoe.key.json'))).toBe(true);
  });

  test('interrupted at a question makes nothing', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'w'));
    const outcome = await terminal(['init', 'w'], {
      cwd: folder,
      answers: [{ after: 'Name of the organization', type: '\u0003' }],
    });
    expect(outcome.status).toBe(130);
    expect(readdirSync(join(folder, 'w'))).toEqual([]);
  });
});
