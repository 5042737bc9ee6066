import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  certificateSigner,
  countersign,
  exportBundle,
  importCertificateSigner,
  issueCertificate,
  reissueCertificate,
  showCertificate,
  verifyCertificateFile,
  verifyOutside,
  voidCertificate,
} from '../../src/certificate/index.js';
import { createSigningKey } from '../../src/crypto/index.js';
import type { Session } from '../../src/session/index.js';
import { hasGo } from '../audit/go-checker.js';
import { issuedIdentity } from '../crypto/issued-identity.js';
import { sampleSession } from '../session/sample-workspace.js';
import { temporaryFolder } from '../temporary-folder.js';
import { recordRun } from './certified-run.js';

const missing = ['openssl', 'pdfsig', 'pdfdetach', 'unzip'].filter(
  (name) => spawnSync(name, ['-v']).error !== undefined,
);
const leftOut = missing.length > 0 && process.env.CI !== 'true';

/** A bundle of a certificate, with what somebody outside trusts. */
async function bundled(session: Session, number: string): Promise<{ zip: string; trust: Trust }> {
  const folder = temporaryFolder();
  const zip = join(folder, 'bundle.zip');
  await exportBundle(session, number, zip, { force: false });
  const unpacked = execFileSync('unzip', ['-p', zip, 'log/key']).toString();
  const { record } = await certificateSigner(session);
  return { zip, trust: { certificates: record.certificates, logKey: unpacked } };
}

interface Trust {
  certificates: string | null;
  logKey: string | null;
}

function failures(result: Awaited<ReturnType<typeof verifyOutside>>): string[] {
  return result.files.flatMap(({ checks }) =>
    checks.filter(({ passed }) => passed === false).map(({ id }) => id),
  );
}

/** The blocks of shell in a page. */
function commandsIn(page: string): string[] {
  return [...page.matchAll(/```sh\n([\s\S]*?)\n```/g)].map(([, commands = '']) => commands);
}

describe.skipIf(leftOut)('a bundle', () => {
  it('is read where another program has packed its files again, with entries for the folders', async () => {
    const session = await sampleSession();
    const { number } = await issueCertificate(session, await recordRun(session, 'run-1'));
    const { zip, trust } = await bundled(session, number);
    const [folder, again] = [join(dirname(zip), 'unpacked'), join(dirname(zip), 'again.zip')];
    execFileSync('unzip', ['-q', zip, '-d', folder]);
    const named = readdirSync(folder).map((name) => join(folder, name));
    execFileSync('python3', ['-m', 'zipfile', '-c', again, ...named]);
    expect(execFileSync('unzip', ['-Z1', again]).toString()).toContain('log/\n');
    const result = await verifyOutside(again, trust);
    expect([result.passed, failures(result)]).toEqual([true, []]);
  });

  it('is checked by exactly the commands that it brings along', async () => {
    const session = await sampleSession();
    const { number } = await issueCertificate(session, await recordRun(session, 'run-1'));
    const { zip } = await bundled(session, number);
    const folder = dirname(zip);
    execFileSync('unzip', ['-q', zip], { cwd: folder });
    const printed = commandsIn(readFileSync(join(folder, 'CHECK.md'), 'utf8'));
    expect(printed).toHaveLength(6);
    const blocks = printed.filter((block) => hasGo() || !block.includes('go run'));
    const outputs = blocks.map((block) =>
      spawnSync('bash', ['--norc', '-euo', 'pipefail', '-c', `${block}\n`], {
        cwd: folder,
        encoding: 'utf8',
      }),
    );
    expect(outputs.map(({ status, stderr }) => [status, stderr.replace(/^CMS Verif.*\n/m, '')])).toEqual(
      blocks.map(() => [0, '']),
    );
    const said = outputs.map(({ stdout, stderr }) => stdout + stderr).join('\n');
    for (const line of [
      'All files are as they were packed',
      'CMS Verification successful',
      'Signature is Valid',
      'Total document signed',
      'The PDF carries the same document',
      '"void":null',
      'Signature Verified Successfully',
      'is the one that the document names',
      'tells of the issue of these files',
      'The statement is about this document',
      ...(hasGo() ? ['OK: 5 entries are in the log of'] : []),
    ])
      expect(said).toContain(line);
    // Of the document's signer, and of the statement's.
    expect(said.match(/sha256 Fingerprint=/g)).toHaveLength(2);
    if (hasGo()) {
      const [first, second] = readdirSync(join(folder, 'log')).filter((name) => name.endsWith('.tlog-proof'));
      cpSync(join(folder, 'log', first ?? ''), join(folder, 'log', second ?? ''));
      const block = printed.at(-1) ?? '';
      const refused = spawnSync('bash', ['-c', block], { cwd: folder, encoding: 'utf8' });
      expect([refused.status, refused.stdout]).toEqual([
        1,
        `FAILED: ${second} is the proof of another entry\n`,
      ]);
    }
    // The commands can fail: with one digit changed, each of the first three does.
    const json = join(folder, `certificate-${number}.json`);
    writeFileSync(json, readFileSync(json, 'utf8').replace('"holds_in_force": 0', '"holds_in_force": 1'));
    for (const block of blocks.slice(0, 3)) {
      expect(spawnSync('bash', ['--norc', '-euo', 'pipefail', '-c', block], { cwd: folder }).status).not.toBe(
        0,
      );
    }
  });

  it('is verified without the workspace, given certificate and key', async () => {
    const session = await sampleSession();
    const { number } = await issueCertificate(session, await recordRun(session, 'run-1'));
    const { zip, trust } = await bundled(session, number);
    const result = await verifyOutside(zip, trust);
    expect(failures(result)).toEqual([]);
    expect(result).toMatchObject({ number, passed: true });
    const ids = result.files.flatMap(({ checks }) => checks.map(({ id }) => id));
    for (const id of ['files', 'schema', 'signature', 'signer', 'chain', 'validity', 'same'])
      expect(ids).toContain(id);
    for (const id of ['checkpoint', 'log-inclusion', 'issue-entry', 'revocation']) expect(ids).toContain(id);
    expect(result.files.flatMap(({ checks }) => checks).every(({ passed }) => passed === true)).toBe(true);
  });

  it('has the same bytes each time', async () => {
    const session = await sampleSession();
    const { number } = await issueCertificate(session, await recordRun(session, 'run-1'));
    const sums = [1, 2].map(async (n) => {
      const path = join(temporaryFolder(), `${n}.zip`);
      await exportBundle(session, number, path, { force: false });
      const listed = execFileSync('unzip', ['-lv', path]).toString();
      // ECDSA signatures of the statement differ each time; all else does not.
      return listed.split('\n').filter((line) => !/status|SHA256SUMS|bundle|files$|\.zip/.test(line));
    });
    const [first, second] = await Promise.all(sums);
    expect(first).toEqual(second);
    expect(first?.length).toBeGreaterThan(10);
  });

  it('leads nowhere for somebody who trusts another certificate or another log', async () => {
    const [session, other] = [await sampleSession(), await sampleSession()];
    const { number } = await issueCertificate(session, await recordRun(session, 'run-1'));
    await issueCertificate(other, await recordRun(other, 'run-1'));
    const { zip, trust } = await bundled(session, number);
    const wrong = (await bundled(other, '2026-0001')).trust;
    expect(failures(await verifyOutside(zip, { ...trust, certificates: wrong.certificates }))).toEqual([
      'revocation',
      'chain',
      'chain',
    ]);
    expect(failures(await verifyOutside(zip, { ...trust, logKey: wrong.logKey }))).toEqual([
      'checkpoint',
      'log-inclusion',
      'issue-entry',
    ]);
    const untrusted = await verifyOutside(zip, { certificates: null, logKey: null });
    expect(untrusted.passed).toBe(true);
    const open = untrusted.files.flatMap(({ checks }) =>
      checks.filter(({ passed }) => passed === null).map(({ id }) => id),
    );
    // Anybody could have signed that it stands.
    expect(open.toSorted()).toEqual([
      'chain',
      'chain',
      'checkpoint',
      'issue-entry',
      'log-inclusion',
      'revocation',
    ]);
  });

  it('says that the certificate is void, or replaced, and by which', async () => {
    const session = await sampleSession();
    const { number } = await issueCertificate(session, await recordRun(session, 'run-1'));
    await voidCertificate(session, number, 'Names the wrong drive');
    const declared = await bundled(session, number);
    expect(failures(await verifyOutside(declared.zip, declared.trust))).toEqual(['revocation']);
    const again = await reissueCertificate(session, number);
    expect(again).toMatchObject({ number: '2026-0002', replaces: '2026-0001' });
    const next = await bundled(session, again.number);
    expect(failures(await verifyOutside(next.zip, next.trust))).toEqual([]);
    const { document } = await showCertificate(session, again.number);
    expect(document.replaces).toBe('2026-0001');
    expect(document.items).toEqual((await showCertificate(session, number)).document.items);
    expect((await verifyCertificateFile(session, number)).passed).toBe(false);
    expect((await verifyCertificateFile(session, again.number)).passed).toBe(true);
    await expect(voidCertificate(session, number, 'again')).rejects.toMatchObject({
      code: 'certificate-void',
    });
    await expect(reissueCertificate(session, number)).rejects.toMatchObject({ code: 'certificate-replaced' });
  });

  it('is signed by an identity of the organization’s own authority, with its chain', async () => {
    const session = await sampleSession();
    const identity = issuedIdentity();
    const folder = temporaryFolder();
    const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
    write('key.pem', identity.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
    write('own.pem', identity.certificate);
    write('chain.pem', identity.chain.join(''));
    execFileSync(
      'openssl',
      [
        ...['pkcs12', '-export', '-inkey', 'key.pem', '-in', 'own.pem', '-certfile', 'chain.pem'],
        ...['-passout', 'pass:correct horse', '-out', 'signer.p12'],
      ],
      { cwd: folder, stdio: 'pipe' },
    );
    const file = readFileSync(join(folder, 'signer.p12'));
    // The certificates of OpenSSL are valid from now on; the clock of the test stands before.
    const clock = session.clock as unknown as { at: Date };
    const run = await recordRun(session, 'run-1');
    clock.at = new Date(Date.now() + 60_000);
    await expect(importCertificateSigner(session, file, 'wrong')).rejects.toMatchObject({
      code: 'passphrase-wrong',
    });
    const today = clock.at;
    clock.at = new Date(Date.now() + 50 * 365 * 86_400_000);
    await expect(importCertificateSigner(session, file, 'correct horse')).rejects.toMatchObject({
      message: expect.stringContaining('it expired on'),
      hint: 'Ask the certificate authority for one that is valid today',
    });
    clock.at = today;
    await importCertificateSigner(session, file, 'correct horse');
    const { number } = await issueCertificate(session, run);
    const { zip, trust } = await bundled(session, number);
    const result = await verifyOutside(zip, { ...trust, certificates: identity.root });
    expect(failures(result)).toEqual([]);
    expect(execFileSync('unzip', ['-p', zip, 'signer.pem']).toString().match(/BEGIN/g)).toHaveLength(3);
    expect((await verifyCertificateFile(session, number)).passed).toBe(true);
  });

  it('carries counter-signatures, which another operator gave once', async () => {
    const session = await sampleSession();
    const { number } = await issueCertificate(session, await recordRun(session, 'run-1'));
    const key = createSigningKey();
    await expect(countersign(session, number, 'witness', key.privateKey)).rejects.toMatchObject({
      code: 'certificate-own',
    });
    const witness = { ...(await session.operator()), id: 'witness1', name: 'Wanda Witness' };
    await session.store.transaction((transaction) =>
      transaction.operators.insert({ ...witness, account: 'wanda', publicKey: key.publicKey }),
    );
    const theirs: Session = { ...session, operator: () => Promise.resolve(witness) };
    await countersign(theirs, number, 'witness', key.privateKey);
    await expect(countersign(theirs, number, 'witness', key.privateKey)).rejects.toMatchObject({
      code: 'certificate-countersigned',
    });
    const { zip, trust } = await bundled(session, number);
    const result = await verifyOutside(zip, trust);
    expect(failures(result)).toEqual([]);
    const folder = dirname(zip);
    execFileSync('unzip', ['-q', zip], { cwd: folder });
    const page = readFileSync(join(folder, 'CHECK.md'), 'utf8');
    const block = commandsIn(page).find((text) => text.includes('countersignatures/witness1')) ?? 'false';
    const ran = spawnSync('bash', ['--norc', '-euo', 'pipefail', '-c', block], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect([ran.status, ran.stdout]).toEqual([0, expect.stringContaining('Signature Verified Successfully')]);
    const inside = await verifyCertificateFile(session, number);
    expect(inside.files[0]?.checks.map(({ id }) => id)).toContain('countersignature');
    expect(inside.passed).toBe(true);
  });
});

describe('a single file, outside', () => {
  it('is verified with the certificate and the key, and says what only a bundle can show', async () => {
    const session = await sampleSession();
    const { number } = await issueCertificate(session, await recordRun(session, 'run-1'));
    const { paths, document } = await showCertificate(session, number);
    const { record } = await certificateSigner(session);
    const [key] = (await session.store.logTree.keys()).map((each) => each.key);
    const folder = temporaryFolder();
    for (const path of [paths.json, paths.pdf]) {
      const copy = join(folder, path.split('/').at(-1) ?? '');
      writeFileSync(copy, readFileSync(path));
      if (path === paths.json) writeFileSync(`${copy}.p7s`, readFileSync(paths.signature));
      const result = await verifyOutside(copy, { certificates: record.certificates, logKey: key ?? null });
      expect(failures(result)).toEqual([]);
      const unchecked = result.files[0]?.checks.filter(({ passed }) => passed === null).map(({ id }) => id);
      expect(unchecked).toEqual(['log-inclusion', 'revocation']);
    }
    expect(document.signer?.certificate_sha256).toBe(record.fingerprint);
    expect(createHash('sha256').update(readFileSync(paths.json)).digest('hex')).toBe(
      (await session.store.certificates.get(number))?.jsonSha256,
    );
  });
});
