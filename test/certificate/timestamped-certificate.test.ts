import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import {
  certificatePaths,
  certificateSigner,
  exportBundle,
  issueCertificate,
  verifyCertificateFile,
  verifyOutside,
} from '../../src/certificate/index.js';
import { openSession, type Session } from '../../src/session/index.js';
import { systemClock, workspacePaths } from '../../src/workspace/index.js';
import { makeAuthority } from '../crypto/time-stamping-authority.js';
import { sampleWorkspace } from '../session/sample-workspace.js';
import { recordRun } from './certified-run.js';

/** A picture of one black pixel. */
const LOGO = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==',
  'base64',
);

async function sessionWith(changes: (settings: string) => string): Promise<Session> {
  const root = await sampleWorkspace({ clock: systemClock });
  const settings = join(root, 'quietus.yaml');
  writeFileSync(settings, changes(readFileSync(settings, 'utf8')));
  const session = await openSession({ paths: workspacePaths(root), command: 'test' });
  onTestFinished(() => session.close());
  return session;
}

it('a certificate carries the time-stamps of an authority, and its logo', async () => {
  const authority = makeAuthority();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => response.end(authority.answer(Buffer.concat(chunks))));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const logo = join(authority.folder, 'logo.png');
  writeFileSync(logo, LOGO);
  const session = await sessionWith((text) =>
    text
      .replace(/ {2}# timestamp:\n/, `  timestamp:\n    url: ${url}\n    ca: ${authority.caFile}\n`)
      .replace(/ {2}# logo: .*\n/, `  logo: ${logo}\n`),
  );
  const { number } = await issueCertificate(session, await recordRun(session, 'run-1'));
  const { files, passed } = await verifyCertificateFile(session, number);
  expect(passed).toBe(true);
  for (const { checks } of files) {
    const found = checks.find(({ id }) => id === 'timestamp');
    expect(found).toMatchObject({ passed: true });
    expect(found?.text).toContain('Test TSA');
  }
  const paths = certificatePaths(session.paths.certificates, number);
  expect(readFileSync(paths.pdf).includes('/Subtype /Image')).toBe(true);
  const { record } = await certificateSigner(session);
  const trust = { certificates: record.certificates, logKey: null };
  const timestamps = async (timestampAuthorities: string | null) =>
    (await verifyOutside(paths.json, { ...trust, timestampAuthorities })).files[0]?.checks
      .filter(({ id }) => id === 'timestamp')
      .map((each) => each.passed);
  expect(await timestamps(authority.ca)).toEqual([true]);
  expect(await timestamps(null)).toEqual([null]);
  expect(await timestamps(record.certificates)).toEqual([false]);
  // OpenSSL verifies the signature with the time-stamp in it, and poppler that of the PDF.
  const cms = ['cms', '-verify', '-binary', '-inform', 'DER', '-in', paths.signature, '-content', paths.json];
  const signer = join(authority.folder, 'signer.pem');
  writeFileSync(signer, record.certificates);
  execFileSync('openssl', [...cms, '-CAfile', signer, '-purpose', 'any', '-out', '/dev/null'], {
    stdio: 'pipe',
  });
  expect(execFileSync('pdfsig', [paths.pdf]).toString()).toContain('Signature is Valid');
  // A bundle brings the time-stamp along with commands for it, which run as they are printed.
  const zip = join(authority.folder, 'bundle.zip');
  await exportBundle(session, number, zip, { force: false });
  execFileSync('unzip', ['-q', zip, '-d', join(authority.folder, 'bundle')]);
  const cwd = join(authority.folder, 'bundle');
  const page = readFileSync(join(cwd, 'CHECK.md'), 'utf8');
  const [, block = ''] = /confirms when[^`]*[\s\S]*?```sh\n([\s\S]*?)\n```/.exec(page) ?? [];
  const check = () => spawnSync('bash', ['-euo', 'pipefail', '-c', block], { cwd, encoding: 'utf8' });
  expect(check()).toMatchObject({ status: 0, stdout: expect.stringMatching(/: OK\nTime stamp: \w+/) });
  expect((await verifyOutside(zip, { ...trust, timestampAuthorities: authority.ca })).passed).toBe(true);
  writeFileSync(join(cwd, 'timestamp', 'authority.pem'), record.certificates);
  expect(check().status).not.toBe(0);
}, 60_000);

it('an authority that does not answer, and a logo that is none, hold no certificate back', async () => {
  const session = await sessionWith((text) =>
    text
      .replace(/ {2}# timestamp:\n/, '  timestamp:\n    url: http://127.0.0.1:9/\n    ca: /nowhere/ca.pem\n')
      .replace(/ {2}# logo: .*\n/, '  logo: /etc/hostname\n')
      .replace(/ {2}# font: .*\n/, '  font: /nowhere/font.otf\n'),
  );
  const { number } = await issueCertificate(session, await recordRun(session, 'run-1'));
  const { files, passed } = await verifyCertificateFile(session, number);
  expect(passed).toBe(true);
  expect(files.flatMap(({ checks }) => checks.filter(({ id }) => id === 'timestamp'))).toEqual([]);
}, 60_000);
