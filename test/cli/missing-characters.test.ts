import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { ageKeygen, encryptionDesk, sha256sum } from './encryption-desk.js';
import { quietus, temporaryFolder } from './harness.js';

/** Has the mathematical letter of the organization's name, which the program's own fonts lack. */
const FONT = join(
  dirname(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json')),
  'ttf',
  'DejaVuSans-Bold.ttf',
);

async function workspace(organization: string) {
  const folder = temporaryFolder();
  const root = join(folder, 'acme');
  const run = (...args: string[]) => quietus(args, { cwd: folder, env: { QUIETUS_WORKSPACE: root } });
  const made = await quietus([
    ...[
      'init',
      root,
      '--organization',
      organization,
      '--time-zone',
      'America/New_York',
      '--operator',
      'tester',
    ],
    ...['--operator-name', 'A. Tester', '--unattended', '--no-input'],
  ]);
  expect(made).toMatchObject({ status: 0 });
  const settings = join(root, 'quietus.yaml');
  return {
    run,
    folder,
    name(key: 'font' | 'logo', path: string) {
      const text = readFileSync(settings, 'utf8');
      writeFileSync(settings, text.replace(new RegExp(`^  (# )?${key}: .*$`, 'm'), `  ${key}: ${path}`));
    },
    async fontFindings(): Promise<{ state: string; message: string; hint: string }[]> {
      const { stdout } = await run('doctor', '--json');
      const { findings } = JSON.parse(stdout) as { findings: { check: string }[] };
      return findings.filter(({ check }) => check === 'certificates') as never;
    },
  };
}

it('says how many characters a PDF prints as boxes, what helps, and never which they are', async () => {
  const { run, folder, name, fontFindings } = await workspace('Acme \u6f22\u5b57 \u{1d5d4}');
  expect(await fontFindings()).toMatchObject([
    {
      state: 'warning',
      message: expect.stringContaining('3 characters'),
      hint: expect.stringContaining('certificate.font'),
    },
  ]);
  writeFileSync(join(folder, 'old.csv'), 'SECRET\n');
  const disposed = await run('dispose', 'old.csv', '--confirm', 'old.csv', '--accept-residual', '--json');
  const number = String(JSON.parse(disposed.stdout).certificate);
  expect(disposed.stderr).toContain(`The PDF of certificate ${number} prints 3 characters as boxes`);
  expect(disposed.stderr).not.toMatch(/[\u6f22\u5b57]/);

  // The font that is named has one of the three.
  name('font', FONT);
  const again = await run('certificate', 'issue', '--replaces', number, '--confirm', number);
  expect(again).toMatchObject({ status: 0, stderr: expect.stringContaining('prints 2 characters as boxes') });
  const pdf = ['--pdf', join(folder, 'register.pdf')];
  const register = await run('certificate', 'register', '--year', number.slice(0, 4), ...pdf);
  expect(register).toMatchObject({
    status: 0,
    stderr: expect.stringContaining('The PDF of the register prints 2 characters'),
  });
  expect(await fontFindings()).toMatchObject([{ message: expect.stringContaining('2 characters') }]);
});

it('says nothing where the fonts have every character', async () => {
  const { run, folder, fontFindings } = await workspace(
    'Soci\u00e9t\u00e9 \u0395\u03bb\u03bb\u03ac\u03c2 \u041c\u0438\u0440',
  );
  expect(await fontFindings()).toEqual([]);
  writeFileSync(join(folder, 'old.csv'), 'SECRET\n');
  const disposed = await run('dispose', 'old.csv', '--confirm', 'old.csv', '--accept-residual');
  expect(disposed.stdout).toContain('Certificate ');
  expect(disposed.stderr).not.toContain('box');
});

it('certifies what was destroyed with a font or a logo that is damaged behind its beginning', async () => {
  const { run, folder, name, fontFindings } = await workspace('Acme \u6f22');
  const bytes = readFileSync(FONT);
  const issued: string[] = [];
  for (const [at, length] of [3000, 500_000].entries()) {
    const font = join(folder, `${length}.ttf`);
    writeFileSync(font, bytes.subarray(0, length));
    name('font', font);
    const logo = join(folder, `${length}.png`);
    writeFileSync(logo, Buffer.from('89504e470d0a1a0a0000', 'hex'));
    name('logo', logo);
    writeFileSync(join(folder, `${at}.csv`), 'SECRET\n');
    const disposed = await run(
      'dispose',
      `${at}.csv`,
      '--confirm',
      `${at}.csv`,
      '--accept-residual',
      '--json',
    );
    issued.push(JSON.parse(disposed.stdout).certificate);
    expect(disposed.stderr).toContain('prints 1 character as a box');
    expect(await fontFindings()).toMatchObject([{ hint: expect.stringContaining('damaged') }]);
  }
  for (const number of issued)
    expect(await run('certificate', 'verify', number)).toMatchObject({ status: 0 });
});

it('says it of an instruction sheet, which has every character as text', async () => {
  const { run, json, desk } = await encryptionDesk();
  const { recipient } = ageKeygen(desk);
  await json(['recipient', 'add', 'acme', '--age', recipient]);
  await json(['recipient', 'confirm', 'acme', '--fingerprint', sha256sum(recipient)]);
  writeFileSync(join(desk, 'letter'), 'SECRET\n');
  const encrypt = ['encrypt', 'letter', '--to', 'acme'];
  const pdf = await run([...encrypt, '-o', '\u6f22\u5b57\u6f22.age', '--sheet', 'pdf']);
  expect(pdf).toMatchObject({ status: 0, stderr: expect.stringContaining('prints 2 characters as boxes') });
  expect(pdf.stderr).toContain('--sheet text');
  for (const [output, sheet] of [
    ['\u5b57.age', 'text'],
    ['letter.age', 'pdf'],
  ] as const) {
    const other = await run([...encrypt, '-o', output, '--sheet', sheet]);
    expect(other.status).toBe(0);
    expect(other.stderr).not.toContain('box');
  }
});

it('prints an instruction sheet with the font that the settings name, and without it where it is damaged', async () => {
  const { run, json, desk, root } = await encryptionDesk();
  const { recipient } = ageKeygen(desk);
  await json(['recipient', 'add', 'acme', '--age', recipient]);
  await json(['recipient', 'confirm', 'acme', '--fingerprint', sha256sum(recipient)]);
  writeFileSync(join(desk, 'letter'), 'SECRET\n');
  const damaged = join(desk, 'damaged.ttf');
  writeFileSync(damaged, readFileSync(FONT).subarray(0, 3000));
  const settings = join(root, 'quietus.yaml');
  const before = readFileSync(settings, 'utf8');
  const encrypt = async (font: string, output: string) => {
    writeFileSync(settings, before.replace(/^ {2}(# )?font: .*$/m, `  font: ${font}`));
    return await run(['encrypt', 'letter', '--to', 'acme', '-o', output, '--sheet', 'pdf']);
  };
  const printed = await encrypt(FONT, '\u{1d5d4}.age');
  expect(printed.status).toBe(0);
  expect(printed.stderr).not.toContain('box');
  const text = execFileSync('pdftotext', [join(desk, '\u{1d5d4}.age.how-to-open.pdf'), '-'], {
    encoding: 'utf8',
  });
  expect(text).toContain('How to open \u{1d5d4}.age');
  const other = await encrypt(damaged, '\u{1d5d4}2.age');
  expect(other).toMatchObject({ status: 0, stderr: expect.stringContaining('prints 1 character as a box') });
});
