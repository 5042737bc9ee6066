import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { verifyLog } from '../../src/audit/index.js';
import {
  certificateFilesProblem,
  certificatePaths,
  issueCertificate,
  listCertificates,
  parseCertificate,
  showCertificate,
  verifyCertificateFile,
} from '../../src/certificate/index.js';
import { openSession, type Session } from '../../src/session/index.js';
import type { CertificateRecord } from '../../src/store/index.js';
import { systemClock, workspacePaths } from '../../src/workspace/index.js';
import { compileProgram, startProgram } from '../child-program.js';
import { sampleSession, sampleWorkspace, TestClock } from '../session/sample-workspace.js';
import { recordRun } from './certified-run.js';
import { item } from './sample-facts.js';

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

function filesOf(session: Session): string[] {
  return readdirSync(session.paths.certificates).toSorted();
}

const FILES = ['certificate-2026-0001.json', 'certificate-2026-0001.json.p7s', 'certificate-2026-0001.pdf'];

describe('issuing', () => {
  it('writes both files for their owner only, and records their digests in the register and in the log', async () => {
    const session = await sampleSession();
    const record = await issueCertificate(session, await recordRun(session, 'run-1'));
    expect(record).toMatchObject({
      number: '2026-0001',
      year: 2026,
      sequence: 1,
      subjectId: 'run-1',
      items: 2,
    });
    expect(filesOf(session)).toEqual(FILES);
    const paths = certificatePaths(session.paths.certificates, record.number);
    expect(sha256(readFileSync(paths.json))).toBe(record.jsonSha256);
    expect(sha256(readFileSync(paths.pdf))).toBe(record.pdfSha256);
    expect(sha256(readFileSync(paths.signature))).toBe(record.signatureSha256);
    for (const path of Object.values(paths)) expect(statSync(path).mode & 0o777).toBe(0o600);
    const entry = await session.store.log.get(record.logSeq);
    expect(JSON.parse(entry?.entry ?? '')).toMatchObject({
      action: 'certificate.issue',
      outcome: 'done',
      operator: 'jdoe',
      subject: { certificate: '2026-0001', run: 'run-1' },
      data: { items: 2, json_sha256: record.jsonSha256, pdf_sha256: record.pdfSha256 },
    });
    expect((await verifyLog(session.store)).problem).toBeNull();
  });

  it('names the organization, and rests on the log up to the end of the run', async () => {
    const session = await sampleSession();
    const run = await recordRun(session, 'run-1');
    const head = await session.store.log.head();
    const { document } = await showCertificate(session, (await issueCertificate(session, run)).number);
    expect(document.organization).toEqual({ name: 'Acme Dental', address: null });
    expect(document.workspace_id).toBe(session.settings().workspaceId);
    const { checkpoint, ...range } = document.log;
    const last = await session.store.log.get(document.log.last_seq);
    expect(range).toEqual({
      first_seq: run.items[0]?.log.intentSeq,
      last_seq: last?.seq,
      head_hash: last?.hash,
    });
    expect(document.log.last_seq).toBeGreaterThanOrEqual(head?.seq ?? Infinity);
    expect(checkpoint?.split('\n').slice(0, 2)).toEqual([
      `quietus/${session.settings().workspaceId}`,
      String(document.log.last_seq),
    ]);
  });

  it('leaves titles out unless the workspace prints them', async () => {
    const session = await sampleSession();
    const { number } = await issueCertificate(session, await recordRun(session, 'run-1'));
    const { document } = await showCertificate(session, number);
    expect([...document.items, ...document.exceptions].map(({ title }) => title)).toEqual([null, null, null]);
    expect(item(0).title).not.toBeNull();
  });

  it('numbers without gaps in each year of the workspace\u2019s time zone', async () => {
    const clock = new TestClock(new Date('2026-12-31T12:00:00Z'));
    const session = await sampleSession({ clock });
    const numbers: string[] = [];
    // New York is five hours behind: the year ends there at 05:00 UTC.
    for (const at of [
      '2026-12-31T12:00:00Z',
      '2027-01-01T04:59:59Z',
      '2027-01-01T05:00:00Z',
      '2027-06-01T00:00:00Z',
    ]) {
      clock.at = new Date(at);
      numbers.push(
        (await issueCertificate(session, await recordRun(session, `run-${numbers.length}`))).number,
      );
    }
    expect(numbers).toEqual(['2026-0001', '2026-0002', '2027-0001', '2027-0002']);
    expect((await listCertificates(session)).map(({ number }) => number)).toEqual(numbers);
  });

  it('gives what was issued when it is asked again for the same run', async () => {
    const session = await sampleSession();
    const run = await recordRun(session, 'run-1');
    const first = await issueCertificate(session, run);
    expect(await issueCertificate(session, run)).toEqual(first);
    expect(await listCertificates(session)).toHaveLength(1);
  });

  it('replaces files under its number that the database does not know', async () => {
    const session = await sampleSession();
    const run = await recordRun(session, 'run-1');
    const paths = certificatePaths(session.paths.certificates, '2026-0001');
    writeFileSync(paths.json, 'left over');
    writeFileSync(paths.pdf, 'left over');
    writeFileSync(join(session.paths.certificates, '.staged-run-1-0badcafe.json'), 'left over');
    await issueCertificate(session, run);
    expect((await verifyCertificateFile(session, '2026-0001')).passed).toBe(true);
    expect(filesOf(session)).toEqual(FILES);
  });

  it('issues once where it is asked twice at the same time', async () => {
    const session = await sampleSession();
    const run = await recordRun(session, 'run-1');
    const records = await Promise.all([issueCertificate(session, run), issueCertificate(session, run)]);
    expect(records[1]).toEqual(records[0]);
    expect((await verifyCertificateFile(session, '2026-0001')).passed).toBe(true);
    expect(filesOf(session)).toEqual(FILES);
  });

  it('refuses to certify nothing, and a clock that stands before the end of the run', async () => {
    const clock = new TestClock();
    const session = await sampleSession({ clock });
    const run = await recordRun(session, 'run-1');
    await expect(issueCertificate(session, { ...run, items: [] })).rejects.toMatchObject({
      code: 'certificate-empty',
    });
    clock.at = new Date(clock.at.getTime() - 1);
    await expect(issueCertificate(session, run)).rejects.toMatchObject({
      code: 'clock-backwards',
      exitCode: 4,
    });
    expect(filesOf(session)).toEqual([]);
    expect(await listCertificates(session)).toEqual([]);
  });
});

async function open(root: string): Promise<Session> {
  const session = await openSession({ paths: workspacePaths(root), command: 'test', clock: systemClock });
  onTestFinished(() => session.close());
  return session;
}

describe('several processes', () => {
  it('never share a number and never replace each other\u2019s files', async () => {
    const root = await sampleWorkspace({ clock: systemClock });
    const program = await compileProgram('certificate/issuing-program.ts');
    const children = ['a', 'b'].map((name) => startProgram(program, [root, name, '5']));
    for (const child of children) expect(await child.ended).toMatchObject({ code: 0, stderr: '' });
    const session = await open(root);
    const numbers = (await listCertificates(session)).map(({ sequence }) => sequence);
    expect(numbers).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    for (const { number } of await listCertificates(session)) {
      expect(await verifyCertificateFile(session, number)).toMatchObject({ passed: true });
    }
    expect((await verifyLog(session.store)).problem).toBeNull();
  });

  it('killed at any moment leave nothing half done, and the next issue goes on', async () => {
    const root = await sampleWorkspace({ clock: systemClock });
    const program = await compileProgram('certificate/issuing-program.ts');
    for (let n = 0; n < 12; n++) {
      const child = startProgram(program, [root, `k${n}`, '1']);
      await child.line(/recorded/);
      await new Promise((done) => setTimeout(done, n * 60));
      await child.kill();
    }
    const session = await open(root);
    const before = await listCertificates(session);
    const next = await issueCertificate(session, await recordRun(session, 'run-last'));
    expect(next.sequence).toBe(before.length + 1);
    for (const { number } of [...before, next]) {
      expect(await verifyCertificateFile(session, number)).toMatchObject({ passed: true });
    }
    expect((await verifyLog(session.store)).problem).toBeNull();
  });
});

describe('showing and verifying', () => {
  it('passes what was issued, by number and by file', async () => {
    const session = await sampleSession();
    const { number } = await issueCertificate(session, await recordRun(session, 'run-1'));
    const byNumber = await verifyCertificateFile(session, number);
    expect(byNumber).toMatchObject({ number, passed: true });
    const SIGNED = ['signature', 'signer', 'chain', 'validity'];
    const LOGGED = ['log-entries', 'log-head', 'log-chain', 'checkpoint', 'issue-entry', 'revocation'];
    expect(byNumber.files.map(({ kind, checks }) => [kind, checks.map(({ id }) => id)])).toEqual([
      ['json', ['digest', 'digest', 'schema', ...SIGNED, 'number', ...LOGGED]],
      ['pdf', ['digest', 'claim', 'schema', ...SIGNED, 'attached-signature', 'number', ...LOGGED]],
    ]);
    const { signature } = certificatePaths(session.paths.certificates, number);
    for (const { path } of byNumber.files) {
      const copy = join(session.paths.root, 'copy-of-it');
      writeFileSync(copy, readFileSync(path));
      writeFileSync(`${copy}.p7s`, readFileSync(signature));
      expect(await verifyCertificateFile(session, copy)).toMatchObject({ number, passed: true });
    }
  });

  it('finds a single changed byte anywhere in either file', async () => {
    const session = await sampleSession();
    const { number } = await issueCertificate(session, await recordRun(session, 'run-1'));
    const paths = certificatePaths(session.paths.certificates, number);
    for (const path of [paths.json, paths.pdf]) {
      const original = readFileSync(path);
      for (let part = 0; part < 40; part++) {
        const at = Math.floor((part / 40) * original.length);
        const changed = Buffer.from(original);
        changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
        writeFileSync(path, changed);
        const { passed, files } = await verifyCertificateFile(session, number);
        expect(passed).toBe(false);
        expect(failed(files)).toContain('digest');
      }
      writeFileSync(path, original);
    }
    expect((await verifyCertificateFile(session, number)).passed).toBe(true);
  });

  it('finds a changed byte of the signature, wherever it is, and never takes it for a mistake of who asks', async () => {
    const session = await sampleSession();
    const { number } = await issueCertificate(session, await recordRun(session, 'run-1'));
    const path = `${certificatePaths(session.paths.certificates, number).json}.p7s`;
    const original = readFileSync(path);
    for (let part = 0; part < 150; part++) {
      const at = Math.floor((part / 150) * original.length);
      const changed = Buffer.from(original);
      changed.writeUInt8(changed.readUInt8(at) ^ (1 << (part % 8)), at);
      writeFileSync(path, changed);
      expect((await verifyCertificateFile(session, number)).passed, `byte ${at}`).toBe(false);
    }
  });

  it('refuses to show a certificate whose file was changed', async () => {
    const session = await sampleSession();
    const { number } = await issueCertificate(session, await recordRun(session, 'run-1'));
    const { json } = certificatePaths(session.paths.certificates, number);
    writeFileSync(json, readFileSync(json, 'utf8').replace('"holds_in_force": 0', '"holds_in_force": 1'));
    await expect(showCertificate(session, number)).rejects.toMatchObject({
      code: 'certificate-changed',
      exitCode: 5,
    });
  });

  it('reports files that are gone', async () => {
    const session = await sampleSession();
    const { number } = await issueCertificate(session, await recordRun(session, 'run-1'));
    const paths = certificatePaths(session.paths.certificates, number);
    for (const path of [paths.json, paths.pdf]) rmSync(path);
    const { passed, files } = await verifyCertificateFile(session, number);
    expect(passed).toBe(false);
    expect(failed(files)).toEqual(['file', 'file']);
    await expect(showCertificate(session, number)).rejects.toMatchObject({
      code: 'certificate-file-missing',
    });
  });

  it('does not accept the files of one certificate under the number of another', async () => {
    const session = await sampleSession();
    const first = await issueCertificate(session, await recordRun(session, 'run-1'));
    const second = await issueCertificate(session, await recordRun(session, 'run-2'));
    const [from, to] = [first, second].map(({ number }) =>
      certificatePaths(session.paths.certificates, number),
    );
    for (const kind of ['json', 'pdf'] as const)
      writeFileSync(to?.[kind] ?? '', readFileSync(from?.[kind] ?? ''));
    const { files } = await verifyCertificateFile(session, second.number);
    expect(failed(files)).toEqual(['digest', 'signature', 'number', 'digest', 'claim', 'number']);
  });

  it('does not accept a certificate of another workspace with the same number', async () => {
    const [session, other] = [await sampleSession(), await sampleSession()];
    await issueCertificate(session, await recordRun(session, 'run-1'));
    const { number } = await issueCertificate(other, await recordRun(other, 'run-2'));
    const paths = certificatePaths(other.paths.certificates, number);
    for (const path of [paths.json, paths.pdf]) {
      const { passed, files } = await verifyCertificateFile(session, path);
      expect(passed).toBe(false);
      expect(failed(files)).toContain('digest');
    }
    const json = await verifyCertificateFile(session, paths.json);
    expect(failed(json.files)).toContain('log-entries');
  });

  it('does not accept a certificate that was never issued here', async () => {
    const [session, other] = [await sampleSession(), await sampleSession()];
    const { number } = await issueCertificate(other, await recordRun(other, 'run-2'));
    const { passed, files } = await verifyCertificateFile(
      session,
      certificatePaths(other.paths.certificates, number).pdf,
    );
    expect(passed).toBe(false);
    expect(failed(files)).toEqual([
      'digest',
      'claim',
      'chain',
      'log-entries',
      'log-head',
      'log-chain',
      'checkpoint',
    ]);
    await expect(verifyCertificateFile(session, number)).rejects.toMatchObject({
      code: 'certificate-unknown',
      exitCode: 2,
    });
  });

  it('finds a log entry that was rewritten under the certificate', async () => {
    const session = await sampleSession();
    const { number } = await issueCertificate(session, await recordRun(session, 'run-1'));
    const { document } = await showCertificate(session, number);
    const seq = document.items[0]?.log.outcome_seq ?? 0;
    // The bytes count, and not the column beside them.
    const inEntry = (from: string, to: string) =>
      rewrite(
        session,
        `update log_entries set entry = replace(entry, '${from}', '${to}') where seq = ${seq}`,
      );
    await inEntry('"done"', '"gone"');
    expect(failed([(await verifyCertificateFile(session, number)).files[0] ?? NO_FILE])).toEqual([
      'log-entries',
      'log-chain',
      'checkpoint',
    ]);
    await inEntry('"gone"', '"done"');
    expect((await verifyCertificateFile(session, number)).passed).toBe(true);
    await rewrite(session, `update log_entries set hash = '${'0'.repeat(64)}' where seq = ${seq}`);
    expect(failed([(await verifyCertificateFile(session, number)).files[0] ?? NO_FILE])).toEqual([
      'log-chain',
    ]);
  });

  it('finds an entry that is gone between those that it names', async () => {
    const session = await sampleSession();
    const facts = await recordRun(session, 'run-1');
    await session.store.transaction((transaction) =>
      session.recorder.append(transaction, { action: 'test.test', outcome: 'done' }),
    );
    await session.store.transaction((transaction) =>
      session.recorder.append(transaction, { action: 'test.other', outcome: 'done' }),
    );
    const { number } = await issueCertificate(session, facts);
    await session.close();
    await rewrite(session, "delete from log_entries where action = 'test.test'");
    const later = await open(session.paths.root);
    expect(failed([(await verifyCertificateFile(later, number)).files[0] ?? NO_FILE])).toEqual([
      'log-chain',
      'checkpoint',
    ]);
  });

  it('is missed by the log where its row or a file is gone', async () => {
    const session = await sampleSession();
    const { number, logSeq } = await issueCertificate(session, await recordRun(session, 'run-1'));
    const certificateFiles = (record: CertificateRecord) => certificateFilesProblem(session, record);
    expect(await verifyLog(session.store, { certificateFiles })).toMatchObject({ problem: null });
    const { pdf } = certificatePaths(session.paths.certificates, number);
    const bytes = readFileSync(pdf);
    for (const change of [() => rmSync(pdf), () => writeFileSync(pdf, bytes.subarray(1))]) {
      change();
      expect(await verifyLog(session.store, { certificateFiles })).toMatchObject({
        problem: { seq: logSeq, code: 'certificate-files-changed' },
      });
    }
    writeFileSync(pdf, bytes);
    await rewrite(session, 'delete from certificates');
    expect(await verifyLog(session.store, { certificateFiles })).toMatchObject({
      problem: { seq: logSeq, code: 'certificate-unregistered' },
    });
  });

  it('finds a register whose digests were changed to fit changed files', async () => {
    const session = await sampleSession();
    const { number } = await issueCertificate(session, await recordRun(session, 'run-1'));
    const { json } = certificatePaths(session.paths.certificates, number);
    const changed = Buffer.from(
      readFileSync(json, 'utf8')
        .replace('"data_subjects": 1,', '"data_subjects": 2,')
        .replace('"data_subjects": 3,', '"data_subjects": 4,'),
    );
    expect(parseCertificate(changed).totals.data_subjects).toBe(4);
    writeFileSync(json, changed);
    await rewrite(
      session,
      `update certificates set json_sha256 = '${sha256(changed)}' where number = '${number}'`,
    );
    const { files } = await verifyCertificateFile(session, number);
    expect(failed(files)).toContain('issue-entry');
    expect(failed(files)).not.toContain('digest');
  });

  it('names what it cannot read', async () => {
    const session = await sampleSession();
    const { root } = session.paths;
    await expect(verifyCertificateFile(session, join(root, 'nothing'))).rejects.toMatchObject({
      code: 'certificate-file-missing',
      exitCode: 2,
    });
    await expect(verifyCertificateFile(session, root)).rejects.toMatchObject({
      code: 'certificate-file-unreadable',
      exitCode: 2,
    });
    writeFileSync(join(root, 'notes.txt'), 'not a certificate');
    await expect(verifyCertificateFile(session, join(root, 'notes.txt'))).rejects.toMatchObject({
      code: 'certificate-kind-unknown',
      exitCode: 2,
    });
    await expect(showCertificate(session, 'Jane Roe')).rejects.toMatchObject({ code: 'certificate-unknown' });
  });
});

const NO_FILE = { checks: [] };

function failed(files: readonly { checks: readonly { id: string; passed: boolean | null }[] }[]): string[] {
  return files.flatMap(({ checks }) => checks.filter(({ passed }) => passed === false).map(({ id }) => id));
}

/** Changes the database behind the program's back, as somebody with the file could. */
async function rewrite(session: Session, sql: string): Promise<void> {
  const { default: sqlite3 } = await import('sqlite3');
  await new Promise<void>((done, fail) => {
    const database = new sqlite3.Database(session.paths.database);
    database.exec(sql, (error) => database.close(() => (error ? fail(error) : done())));
  });
}
