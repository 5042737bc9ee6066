import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import sqlite3 from 'sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type LogEvent, listLog, parseLogEntry, Recorder, verifyLog } from '../../src/audit/index.js';
import { canonicalJson, sha256 } from '../../src/crypto/index.js';
import { openStore, type Store } from '../../src/store/index.js';
import { temporaryFolder } from '../temporary-folder.js';

const WORKSPACE = '0f0e0d0c-0b0a-4908-8706-050403020100';

/** A store, its file, and a recorder whose clock moves on by a second with each entry. */
async function sampleLog(): Promise<{
  store: Store;
  file: string;
  recorder: Recorder;
  clock: { at: number };
}> {
  const folder = temporaryFolder();
  const file = join(folder, 'quietus.db');
  const store = await openStore({ sqlite: file }, (name) => join(folder, name));
  onTestFinished(() => store.close());
  const clock = { at: Date.UTC(2026, 0, 2, 3, 4, 5) };
  const now = () => {
    clock.at += 1000;
    return new Date(clock.at);
  };
  const actor = { operator: 'jdoe', host: 'host-1', command: 'test' };
  const recorder = new Recorder(
    () => WORKSPACE,
    () => Promise.resolve(actor),
    { now },
  );
  return { store, file, recorder, clock };
}

async function record(
  log: Awaited<ReturnType<typeof sampleLog>>,
  events: readonly LogEvent[],
): Promise<void> {
  for (const event of events)
    await log.store.transaction((transaction) => log.recorder.append(transaction, event));
}

const EVENTS: readonly LogEvent[] = [
  { action: 'workspace.create', outcome: 'done', subject: { operator: 'jdoe' } },
  { action: 'hold.place', outcome: 'done', subject: { hold: 'H-2026-0001' }, data: { scopes: 2 } },
  { action: 'sweep.approve', outcome: 'refused', subject: { plan: 'plan-1' } },
  { action: 'hold.release', outcome: 'done', subject: { hold: 'H-2026-0001' } },
];

/** Changes the database as somebody with the sqlite3 shell would. */
async function tamper(file: string, sql: string, values: readonly unknown[] = []): Promise<void> {
  const database = await new Promise<sqlite3.Database>((done, fail) => {
    const opened = new sqlite3.Database(file, (error) => (error ? fail(error) : done(opened)));
  });
  await new Promise<void>((done, fail) => {
    database.run(sql, values, (error) => (error ? fail(error) : done()));
  });
  await new Promise<void>((done, fail) => {
    database.close((error) => (error ? fail(error) : done()));
  });
}

describe('an entry', () => {
  it('says who did what to what, when and where, and follows from the one before it', async () => {
    const log = await sampleLog();
    await record(log, EVENTS);
    const [first, second] = await log.store.log.page(0, 10);
    expect(JSON.parse(first?.entry ?? '')).toEqual({
      format: 'quietus-log/1',
      workspace: WORKSPACE,
      seq: 1,
      time: '2026-01-02T03:04:06.000Z',
      operator: 'jdoe',
      host: 'host-1',
      command: 'test',
      action: 'workspace.create',
      outcome: 'done',
      subject: { operator: 'jdoe' },
      data: {},
      prev: '0'.repeat(64),
    });
    expect(JSON.parse(second?.entry ?? '')).toMatchObject({ seq: 2, prev: first?.hash, data: { scopes: 2 } });
  });

  it('has the hash that sha256sum computes over its bytes', async () => {
    const log = await sampleLog();
    await record(log, [
      ...EVENTS,
      { action: 'test.test', outcome: 'failed', data: { text: 'été €\u2028😀' } },
    ]);
    for (const { seq, entry, hash } of await log.store.log.page(0, 10)) {
      expect(execFileSync('sha256sum', { input: entry }).toString()).toBe(`${hash}  -\n`);
      // As the documents tell an auditor to do it, without this program.
      const query = `select entry from log_entries where seq = ${seq}`;
      const shell = `sqlite3 "$1" "$2" | head -c -1 | sha256sum`;
      expect(execFileSync('sh', ['-c', shell, 'sh', log.file, query]).toString()).toBe(`${hash}  -\n`);
    }
  });

  it('of several in one write is in the same chain', async () => {
    const log = await sampleLog();
    await log.store.transaction((transaction) => log.recorder.appendAll(transaction, EVENTS));
    await log.store.transaction((transaction) => log.recorder.appendAll(transaction, []));
    await record(log, EVENTS);
    expect(await verifyLog(log.store)).toMatchObject({ entries: 8, problem: null });
  });

  it('is not there where its transaction fails', async () => {
    const log = await sampleLog();
    const attempt = log.store.transaction(async (transaction) => {
      await log.recorder.append(transaction, { action: 'test.test', outcome: 'done' });
      throw new Error('the change failed');
    });
    await expect(attempt).rejects.toThrow('the change failed');
    expect(await verifyLog(log.store)).toMatchObject({ entries: 0, head: '0'.repeat(64), problem: null });
  });
});

describe('the end of the log', () => {
  it('is found by each of two that append in turn, with transactions between that fail', async () => {
    const step = fc.record({
      writer: fc.nat(1),
      count: fc.integer({ min: 1, max: 3 }),
      fails: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const one = await sampleLog();
        const store = await openStore({ sqlite: one.file }, (name) => name);
        onTestFinished(() => store.close());
        const writers = [one, { ...one, store }];
        let expected = 0;
        for (const { writer, count, fails } of steps) {
          const log = writers[writer] ?? one;
          const written = log.store.transaction(async (transaction) => {
            await log.recorder.appendAll(transaction, EVENTS.slice(0, count));
            if (fails) throw new Error('the change failed');
          });
          if (fails) await expect(written).rejects.toThrow('the change failed');
          else await written;
          if (!fails) expected += count;
        }
        expect(await verifyLog(store)).toMatchObject({ entries: expected, problem: null });
      }),
      { numRuns: 25 },
    );
  });

  it.each([
    ['the last entry taken out', 'delete from log_entries where seq = 4', 'log-rewound'],
    [
      'the last entry and its place in the tree taken out',
      'delete from log_entries where seq = 4; update log_tree set size = 3',
      'log-tree-damaged',
    ],
    ['another last entry', "update log_entries set hash = 'another' where seq = 4", 'log-rewound'],
    ['the last entry numbered anew', 'update log_entries set seq = 9 where seq = 4', 'log-entry-missing'],
  ])('is compared at each append, not only at the first: %s', async (_, sql, code) => {
    const log = await sampleLog();
    await record(log, EVENTS);
    for (const statement of sql.split(';')) await tamper(log.file, statement);
    const before = await log.store.log.page(0, 10);
    await expect(record(log, EVENTS.slice(0, 1))).rejects.toMatchObject({ code });
    expect(await log.store.log.page(0, 10)).toEqual(before);
  });
});

describe('verifyLog', () => {
  it('finds nothing wrong with what was recorded', async () => {
    const log = await sampleLog();
    await record(log, EVENTS);
    const seen: number[] = [];
    const result = await verifyLog(log.store, {
      workspace: WORKSPACE,
      onProgress: (count) => seen.push(count),
    });
    expect(result).toMatchObject({
      entries: 4,
      head: (await log.store.log.head())?.hash,
      problem: null,
      clockSetBack: [],
      checkpoints: 0,
      unsigned: 4,
      keys: [],
    });
    expect(seen.at(-1)).toBe(4);
  });

  it('finds every change of a single byte of an entry', async () => {
    const log = await sampleLog();
    await record(log, EVENTS);
    const original = (await log.store.log.get(2))?.entry ?? '';
    const update = 'update log_entries set entry = ? where seq = 2';
    for (let at = 0; at < original.length; at += 1) {
      const changed = `${original.slice(0, at)}${original[at] === '0' ? '1' : '0'}${original.slice(at + 1)}`;
      await tamper(log.file, update, [changed]);
      expect(await verifyLog(log.store), `byte ${at}`).toMatchObject({
        entries: 1,
        problem: { seq: 2, code: 'entry-changed' },
      });
    }
    await tamper(log.file, update, [original]);
    expect(await verifyLog(log.store)).toMatchObject({ problem: null });
  });

  it('finds a changed entry whose hash was made anew, at the next entry', async () => {
    const log = await sampleLog();
    await record(log, EVENTS);
    const entry = JSON.parse((await log.store.log.get(2))?.entry ?? '') as object;
    const forged = canonicalJson({ ...entry, subject: { hold: 'H-2026-0002' } });
    await tamper(log.file, 'update log_entries set entry = ?, hash = ? where seq = 2', [
      forged,
      sha256(forged),
    ]);
    expect(await verifyLog(log.store)).toMatchObject({
      entries: 2,
      problem: { seq: 3, code: 'chain-broken' },
    });
  });

  it.each([
    [
      'a changed hash',
      "update log_entries set hash = '0' || substr(hash, 2) where seq = 3",
      3,
      'entry-changed',
    ],
    ['a deleted entry', 'delete from log_entries where seq = 2', 2, 'entry-missing'],
    ['a deleted first entry', 'delete from log_entries where seq = 1', 1, 'entry-missing'],
    [
      'an entry deleted and the others numbered anew',
      'delete from log_entries where seq = 2; ',
      2,
      'chain-broken',
    ],
    [
      'an inserted entry',
      'insert into log_entries select 5, time, operator, action, hash, entry from log_entries where seq = 4',
      5,
      'chain-broken',
    ],
    ['an entry numbered 0', 'update log_entries set seq = 0 where seq = 1', 1, 'entry-missing'],
    [
      'a changed time',
      "update log_entries set time = '2020-01-01T00:00:00.000Z' where seq = 2",
      2,
      'columns-differ',
    ],
    ['a changed operator', "update log_entries set operator = 'other' where seq = 2", 2, 'columns-differ'],
    ['a changed action', "update log_entries set action = 'x' where seq = 2", 2, 'columns-differ'],
  ])('finds %s', async (name, sql, seq, code) => {
    const log = await sampleLog();
    await record(log, EVENTS);
    await tamper(log.file, sql);
    if (name.includes('numbered anew')) {
      await tamper(log.file, 'update log_entries set seq = seq - 1 where seq = 3');
      await tamper(log.file, 'update log_entries set seq = seq - 1 where seq = 4');
    }
    expect(await verifyLog(log.store)).toMatchObject({ problem: { seq, code } });
  });

  it('finds two entries that changed places', async () => {
    const log = await sampleLog();
    await record(log, EVENTS);
    for (const [from, to] of [
      [2, 99],
      [3, 2],
      [99, 3],
    ]) {
      await tamper(log.file, 'update log_entries set seq = ? where seq = ?', [to, from]);
    }
    expect(await verifyLog(log.store)).toMatchObject({
      entries: 1,
      problem: { seq: 2, code: 'chain-broken' },
    });
  });

  it('finds text that is no entry, though its hash is right', async () => {
    for (const text of ['', 'null', '[]', '{}', '{"prev":1}', 'no json']) {
      const log = await sampleLog();
      await record(log, EVENTS);
      await tamper(log.file, 'update log_entries set entry = ?, hash = ? where seq = 2', [
        text,
        sha256(text),
      ]);
      expect(await verifyLog(log.store)).toMatchObject({ problem: { seq: 2, code: 'entry-malformed' } });
    }
  });

  it('finds an entry in another spelling of the same JSON', async () => {
    const log = await sampleLog();
    await record(log, EVENTS);
    const entry = (await log.store.log.get(4))?.entry ?? '';
    const spaced = JSON.stringify(JSON.parse(entry), null, 1);
    await tamper(log.file, 'update log_entries set entry = ?, hash = ? where seq = 4', [
      spaced,
      sha256(spaced),
    ]);
    expect(await verifyLog(log.store)).toMatchObject({ problem: { seq: 4, code: 'entry-malformed' } });
  });

  it('finds entries of another workspace', async () => {
    const log = await sampleLog();
    await record(log, EVENTS);
    const other = '11111111-0b0a-4908-8706-050403020100';
    expect(await verifyLog(log.store, { workspace: other })).toMatchObject({
      entries: 0,
      problem: { seq: 1, code: 'workspace-differs' },
    });
  });

  it('finds that entries which a certificate rests on were cut off', async () => {
    const log = await sampleLog();
    await record(log, EVENTS);
    await issueCertificate(log);
    expect(await verifyLog(log.store)).toMatchObject({ entries: 5, problem: null });
    await tamper(log.file, 'delete from log_entries where seq = 5');
    expect(await verifyLog(log.store)).toMatchObject({
      entries: 4,
      problem: { seq: 5, code: 'log-rewound' },
    });
    await expect(record(log, EVENTS.slice(1, 2))).rejects.toMatchObject({ code: 'log-rewound', exitCode: 5 });
    // Without the tree, which tells of its size, the certificate still does.
    await tamper(log.file, 'delete from log_tree');
    expect(await verifyLog(log.store)).toMatchObject({
      entries: 4,
      problem: { seq: 5, code: 'certificate-entry-missing' },
    });
  });

  it('finds that a certificate was given other digests than the log has', async () => {
    const log = await sampleLog();
    await record(log, EVENTS);
    await issueCertificate(log);
    await tamper(log.file, "update certificates set pdf_sha256 = 'x'");
    expect(await verifyLog(log.store)).toMatchObject({
      problem: { seq: 5, code: 'certificate-entry-missing' },
    });
  });

  it('tells that a clock was set back, and calls the log false where that is more than clocks may differ', async () => {
    const log = await sampleLog();
    await record(log, EVENTS);
    log.clock.at -= 3_600_000;
    await record(log, EVENTS.slice(1, 3));
    log.clock.at += 7_200_000;
    await record(log, EVENTS.slice(1, 2));
    expect(await verifyLog(log.store, { clockTolerance: 7200 })).toMatchObject({
      entries: 7,
      problem: null,
      clockSetBack: [5],
    });
    expect(await verifyLog(log.store, { clockTolerance: 300 })).toMatchObject({
      entries: 4,
      problem: { seq: 5, code: 'clock-backwards' },
    });
  });

  it('reads a log of many pages', async () => {
    const log = await sampleLog();
    const events = Array.from({ length: 4500 }, (): LogEvent => ({ action: 'test.test', outcome: 'done' }));
    await log.store.transaction((transaction) => log.recorder.appendAll(transaction, events));
    expect(await verifyLog(log.store)).toMatchObject({ entries: 4500, problem: null });
    await tamper(log.file, 'delete from log_entries where seq = 2001');
    expect(await verifyLog(log.store)).toMatchObject({
      entries: 2000,
      problem: { seq: 2001, code: 'entry-missing' },
    });
  });

  it('stops when it is told to', async () => {
    const log = await sampleLog();
    await record(log, EVENTS);
    await expect(verifyLog(log.store, { signal: AbortSignal.abort() })).rejects.toThrow();
  });
});

describe('listLog', () => {
  it('gives pages in both orders that together are the whole', async () => {
    const log = await sampleLog();
    const events = Array.from({ length: 25 }, (): LogEvent => ({ action: 'test.test', outcome: 'done' }));
    await log.store.transaction((transaction) => log.recorder.appendAll(transaction, events));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 30 }), fc.boolean(), async (limit, oldestFirst) => {
        const seen: number[] = [];
        for (let after: number | undefined; ; ) {
          const page = await listLog(log.store, { filter: {}, after, limit, oldestFirst });
          expect(page.lines.length).toBeLessThanOrEqual(limit);
          seen.push(...page.lines.map((line) => line.entry.seq));
          if (page.next === null) break;
          after = page.next;
        }
        const all = Array.from({ length: 25 }, (_, index) => index + 1);
        expect(seen).toEqual(oldestFirst ? all : all.toReversed());
      }),
      { numRuns: 30 },
    );
  });

  it('does not show what is no entry', async () => {
    const log = await sampleLog();
    await record(log, EVENTS);
    await tamper(log.file, "update log_entries set entry = '{}' where seq = 2");
    const query = { filter: {}, after: undefined, limit: 10, oldestFirst: false };
    await expect(listLog(log.store, query)).rejects.toMatchObject({
      code: 'log-entry-unreadable',
      exitCode: 5,
    });
  });

  it('reads back what it wrote, and nothing else', () => {
    expect(parseLogEntry('{}')).toBe(null);
    expect(parseLogEntry('')).toBe(null);
  });
});

/** A finished run with its certificate, as the retention layer leaves them. */
async function issueCertificate(log: Awaited<ReturnType<typeof sampleLog>>): Promise<void> {
  await log.store.transaction(async (transaction) => {
    await transaction.plans.insert({
      id: 'plan-1',
      createdAt: '2026-01-02T03:04:05.000Z',
      plannedBy: 'jdoe',
      asOf: '2026-01-02' as never,
      scheduleVersion: 1,
      counts: { dispose: 1, keep: 0, held: 0, defect: 0 },
      approvalsRequired: 0,
      sha256: 'a',
      state: 'finished',
    });
    await transaction.runs.insert({
      id: 'run-1',
      planId: 'plan-1',
      kind: 'sweep',
      startedAt: '2026-01-02T03:04:05.000Z',
      startedBy: 'jdoe',
      finishedAt: '2026-01-02T03:04:06.000Z',
      acceptResidual: false,
    });
    const { seq } = await log.recorder.append(transaction, {
      action: 'certificate.issue',
      outcome: 'done',
      subject: { certificate: '2026-0001' },
      data: { json_sha256: 'j', pdf_sha256: 'p' },
    });
    await transaction.certificates.insert({
      number: '2026-0001',
      year: 2026,
      sequence: 1,
      subjectKind: 'sweep',
      subjectId: 'run-1',
      replaces: null,
      issuedAt: '2026-01-02T03:04:06.000Z',
      issuedBy: 'jdoe',
      items: 1,
      jsonSha256: 'j',
      pdfSha256: 'p',
      signatureSha256: null,
      logSeq: seq,
    });
  });
}
