import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { verifyWorkspaceLog } from '../../src/audit/index.js';
import { addItem } from '../../src/inventory/index.js';
import type { Plan } from '../../src/model/index.js';
import { readOperatorKey } from '../../src/operators/index.js';
import {
  approvePlan,
  buildPlan,
  decideReview,
  placeHold,
  prepareHandover,
  previewHandover,
  recordDestruction,
  recordEvents,
  requireStateAsLogged,
  runSweep,
  stateGate,
  withdrawStatement,
} from '../../src/retention/index.js';
import { importSchedule } from '../../src/schedule/index.js';
import { openSession } from '../../src/session/index.js';
import { workspacePaths } from '../../src/workspace/index.js';
import { date } from '../schedule/generated-rules.js';
import { temporaryFolder } from '../temporary-folder.js';
import { makeWorld, type World, writeRecord } from './sweep-world.js';

const SCHEDULE = `version: 1
title: Test
classes:
  payroll:
    title: Payroll
    retain: [{after: closed, for: P3Y}]
    disposition: destroy
    authority: {citation: 29 CFR 516.5, checked: 2026-11-02}
  form-i9:
    title: Form I-9
    retain: [{after: termination, for: P1Y}]
    disposition: destroy
    authority: {citation: 8 CFR 274a.2, checked: 2026-11-02}
  letter:
    title: Letter
    retain: [{after: termination, for: P1Y}]
    disposition: transfer
    authority: {citation: organization policy, checked: 2026-11-02}
  town-record:
    title: Town record
    retain: [{after: closed, for: P7Y}]
    disposition: destroy
    gates: [{kind: permission, authority: Records Conservation Board}]
    authority: {citation: Records Conservation Board, checked: 2026-11-02}
`;

/** Today is 2 March 2026. The item A is of the class that is asked for; another one is always due. */
async function world(recordClass: string): Promise<World & { file: string }> {
  const made = await makeWorld(temporaryFolder());
  onTestFinished(() => made.session.close());
  const { session, records } = made;
  await importSchedule(session, { text: SCHEDULE, fileName: 'schedule.yaml' });
  const file = writeRecord(join(records, 'A'));
  const common = {
    title: 'T',
    medium: 'file',
    subjects: 'EMP-1',
    closed: '2015-06-30',
    created: '2015-01-01',
  };
  await addItem(session, { ...common, id: 'A', class: recordClass, location: file });
  const other = writeRecord(join(records, 'B'));
  await addItem(session, { ...common, id: 'B', class: 'payroll', subjects: 'EMP-2', location: other });
  return { ...made, file };
}

async function approvedPlan({ session }: World): Promise<Plan> {
  const { plan } = await buildPlan(session, { limit: 9 });
  const operator = await session.operator();
  await approvePlan(session, plan.id, await readOperatorKey(session.paths.keys, operator.id).unlock(null));
  return plan;
}

/** Changes the database as somebody with the sqlite3 shell would. */
function tamper({ root }: World, sql: string): void {
  execFileSync('sqlite3', [join(root, 'quietus.db')], { input: `.timeout 5000\n.bail on\n${sql};` });
}

const left = (day: string | null) => [
  { event: 'termination', subject: 'EMP-1', date: day === null ? null : date(day) },
];
const CHARGE = {
  kind: 'open-charge',
  scopes: [{ kind: 'item', value: 'A' }],
  statedOn: date('2026-03-01'),
  statedBy: 'Dana Reyes',
  reference: null,
  party: null,
} as const;

interface Scene {
  recordClass: string;
  /** What is due is planned and approved after this. */
  first?: (made: World) => Promise<unknown>;
  /** What protects the item since. */
  since: (made: World) => Promise<unknown>;
}

const REVIEWED: Scene = {
  recordClass: 'payroll',
  since: ({ session }) =>
    decideReview(session, {
      itemIds: ['A'],
      decision: 'keep',
      keepUntil: date('2099-01-31'),
      reason: 'Audit',
    }),
};
const CHARGED: Scene = {
  recordClass: 'payroll',
  since: ({ session }) => stateGate(session, CHARGE),
};
/** An event that was recorded with a wrong year, and corrected after the plan was approved. */
const CORRECTED: Scene = {
  recordClass: 'form-i9',
  first: ({ session }) => recordEvents(session, left('2019-06-30')),
  since: ({ session }) => recordEvents(session, left('2025-12-31')),
};
/** A permission that was taken back. */
const WITHDRAWN: Scene = {
  recordClass: 'town-record',
  first: ({ session }) =>
    stateGate(session, { ...CHARGE, kind: 'permission', reference: '26-117', party: null }),
  since: ({ session }) => withdrawStatement(session, { id: 'G-2026-0001' }),
};

const HELD: Scene = {
  recordClass: 'payroll',
  since: ({ session }) =>
    placeHold(session, { matter: 'Doe v. Acme', reason: null, scopes: [{ kind: 'item', value: 'A' }] }),
};

/** Puts an empty index in the place of one that SQLite has made for a table, so that queries by it find nothing. */
const emptied = (index: string) => `pragma writable_schema = on;
  create table other (id text primary key);
  update sqlite_master set rootpage = (select rootpage from sqlite_master where name = 'sqlite_autoindex_other_1')
    where name = '${index}';
  delete from sqlite_master where tbl_name = 'other';
  pragma writable_schema = reset;
  create table another (id); drop table another`;
/** Takes rows out of an index that has a condition, and leaves its definition as it was. @param left what stays */
const unfilled = (index: string, left = '1 = 0') => `pragma writable_schema = on;
  create table was as select sql from sqlite_master where name = '${index}';
  update sqlite_master set sql = replace(sql, ' where ', ' where ${left} and ') where name = '${index}';
  pragma writable_schema = reset;
  reindex ${index};
  pragma writable_schema = on;
  update sqlite_master set sql = (select sql from was) where name = '${index}';
  pragma writable_schema = reset;
  drop table was`;

/** Swaps two entries of an index of one page: the list of places after its header of 8 bytes (SQLite file format, 1.6). */
function swapFirstAndLast(file: string, page: number): void {
  const bytes = readFileSync(file);
  expect(bytes[page], 'a leaf of an index').toBe(10);
  const last = page + 8 + 2 * (bytes.readUInt16BE(page + 3) - 1);
  const first = bytes.readUInt16BE(page + 8);
  bytes.writeUInt16BE(bytes.readUInt16BE(last), page + 8);
  bytes.writeUInt16BE(first, last);
  writeFileSync(file, bytes);
}

const EARLY = `update items set keep_until = '2020-06-30', links = replace(links, '2025-12-31', '2019-06-30') where id = 'A'`;

describe('what protects an item', () => {
  it.each([
    ['a decision to keep it', REVIEWED],
    ['an open charge', CHARGED],
    ['a corrected event', CORRECTED],
    ['a permission that was withdrawn', WITHDRAWN],
    ['a hold', HELD],
  ])('protects it where nobody touches the database: %s', async (_, { recordClass, first, since }) => {
    const made = await world(recordClass);
    await first?.(made);
    const plan = await approvedPlan(made);
    expect(plan.counts.dispose).toBe(2);
    await since(made);
    await runSweep(made.session, plan.id, { acceptResidual: true });
    expect(existsSync(made.file)).toBe(true);
    expect(existsSync(join(made.records, 'B'))).toBe(false);
    await expect(requireStateAsLogged(made.session)).resolves.toBeUndefined();
  });

  it.each([
    ['the decision was deleted', REVIEWED, 'delete from reviews', 'review-changed'],
    ['its last day was moved', REVIEWED, "update reviews set keep_until = '2026-03-01'", 'review-changed'],
    [
      'it is said to be superseded',
      REVIEWED,
      "update reviews set superseded_at = '2026-03-02T15:00:00.000Z'",
      'review-changed',
    ],
    [
      'the charge was deleted',
      CHARGED,
      'delete from gate_scopes; delete from gate_statements',
      'statement-changed',
    ],
    ['the charge reaches something else', CHARGED, "update gate_scopes set value = 'Z'", 'statement-changed'],
    [
      'the charge is a later one',
      CHARGED,
      "update gate_statements set stated_on = '2099-01-01'",
      'statement-changed',
    ],
    [
      'the charge was closed by nobody',
      CHARGED,
      "update gate_statements set withdrawn_on = '2026-03-02', withdrawn_at = '2026-03-02T15:00:00.000Z', withdrawn_by = 'jdoe'",
      'statement-changed',
    ],
    [
      'the correction was deleted',
      CORRECTED,
      `update events set superseded_by = 99 where id = 1; delete from events where id = 2; update events set superseded_by = null where id = 1; ${EARLY}`,
      'event-changed',
    ],
    [
      'the event is of another day',
      CORRECTED,
      `update events set date = '2019-06-30' where id = 2; ${EARLY}`,
      'event-changed',
    ],
    [
      'the event is of another subject',
      CORRECTED,
      `update events set subject = 'EMP-9'; ${EARLY}`,
      'event-changed',
    ],
    [
      'the record before it counts',
      CORRECTED,
      `update events set superseded_by = 1 where id = 2; update events set superseded_by = null where id = 1; ${EARLY}`,
      'event-changed',
    ],
    [
      'both records count',
      CORRECTED,
      `drop index events_current; update events set superseded_by = null where id = 1; ${EARLY}`,
      'schema-changed',
    ],
    ['the item has another day than the event', CORRECTED, EARLY, 'item-events-changed'],
    [
      'the permission was not withdrawn',
      WITHDRAWN,
      'update gate_statements set withdrawn_on = null, withdrawn_at = null, withdrawn_by = null',
      'statement-changed',
    ],
    [
      'the withdrawn permission counts by half',
      WITHDRAWN,
      'update gate_statements set withdrawn_at = null',
      'statement-changed',
    ],
    [
      'another permission was written in',
      WITHDRAWN,
      `insert into gate_statements select 'G-2026-0002', kind, party, '2026-03-01', stated_by, reference, recorded_at, recorded_by, null, null, null from gate_statements;
       insert into gate_scopes select 'G-2026-0002', kind, value from gate_scopes`,
      'statement-changed',
    ],
    [
      'a view stands for the holds',
      HELD,
      "alter table holds rename to kept; create view holds as select * from kept where matter <> 'Doe v. Acme'",
      'schema-changed',
    ],
    [
      'its scope is a BLOB, which looks like the text and reaches nothing',
      HELD,
      'update hold_scopes set value = cast(value as blob)',
      'table-damaged',
    ],
    [
      'an index of another hand lacks the entry of the hold',
      HELD,
      `delete from hold_scopes; delete from holds;
       create index own on log_entries (action, seq, time, operator, hash, entry) where action <> 'hold.place';
       pragma writable_schema = on;
       update sqlite_master set sql = substr(sql, 1, instr(sql, ' where') - 1) where name = 'own';
       pragma writable_schema = reset`,
      'schema-changed',
    ],
    [
      'the same index has a name like those of statistics for the planner',
      HELD,
      `delete from hold_scopes; delete from holds;
       create index "sqlite-stat" on log_entries (action, seq, time, operator, hash, entry) where action <> 'hold.place';
       pragma writable_schema = on;
       update sqlite_master set sql = substr(sql, 1, instr(sql, ' where') - 1) where name = 'sqlite-stat';
       pragma writable_schema = reset`,
      'schema-changed',
    ],
    [
      'a trigger has the type TRIGGER, and swallows what is written',
      HELD,
      `create trigger swallow before insert on holds begin select raise(ignore); end;
       pragma writable_schema = on;
       update sqlite_master set type = 'TRIGGER' where type = 'trigger';
       pragma writable_schema = reset`,
      'schema-changed',
    ],
    ['an index does not lead to the hold', HELD, emptied('sqlite_autoindex_holds_1'), 'table-damaged'],
    ['an index does not lead to its scope', HELD, emptied('sqlite_autoindex_hold_scopes_1'), 'table-damaged'],
    ['an index does not lead to the decision', REVIEWED, unfilled('reviews_standing'), 'table-damaged'],
    [
      'an index does not lead to the charge',
      CHARGED,
      emptied('sqlite_autoindex_gate_statements_1'),
      'table-damaged',
    ],
  ])('cannot be taken away in the database: %s', async (_, { recordClass, first, since }, sql, code) => {
    const made = await world(recordClass);
    await first?.(made);
    const plan = await approvedPlan(made);
    await since(made);
    tamper(made, sql);
    expect((await verifyWorkspaceLog(made.session)).problem).toBeNull();
    await expect(runSweep(made.session, plan.id, { acceptResidual: true })).rejects.toMatchObject({
      code,
      exitCode: 5,
    });
    expect(existsSync(made.file)).toBe(true);
    await expect(requireStateAsLogged(made.session)).rejects.toMatchObject({ code, exitCode: 5 });
    await expect(buildPlan(made.session, { limit: 9 })).rejects.toMatchObject({ code, exitCode: 5 });
  });

  it('cannot be taken away from the log by an index that does not lead to its entry', async () => {
    const made = await world('payroll');
    const { recordClass: _, since } = HELD;
    await since(made);
    tamper(
      made,
      `pragma foreign_keys = off; delete from hold_scopes; delete from holds; ${unfilled('log_entries_evidence', "action <> ''hold.place''")}`,
    );
    // Every entry is there, and nobody finds that of the hold.
    await expect(requireStateAsLogged(made.session)).resolves.toBeUndefined();
    expect((await verifyWorkspaceLog(made.session)).problem).toMatchObject({ code: 'index-differs' });
  });

  it('cannot be taken away from the log by an index whose entries are out of order', async () => {
    const made = await world('payroll');
    await HELD.since(made);
    const file = join(made.root, 'quietus.db');
    await made.session.close();
    const shell = (sql: string) => execFileSync('sqlite3', [file, sql], { encoding: 'utf8' }).trim();
    const index = "from sqlite_master where name = 'log_entries_evidence'";
    swapFirstAndLast(
      file,
      (Number(shell(`select rootpage ${index}`)) - 1) * Number(shell('pragma page_size')),
    );
    const condition = shell(`select substr(sql, instr(sql, ' where ')) ${index}`);
    const found = shell(`select action, seq from log_entries indexed by log_entries_evidence ${condition}`)
      .split('\n')
      .map((row) => row.split('|') as [string, string]);
    const isAfter = ([action, seq]: [string, string], [other, number]: [string, string]) =>
      action > other || (action === other && Number(seq) > Number(number));
    const misplaced = found.filter((row, at) => at > 0 && !isAfter(row, found[at - 1] ?? row));
    const session = await openSession({ paths: workspacePaths(made.root), command: 'log verify' });
    onTestFinished(() => session.close());
    // All of it is there, and nothing is found where it should be.
    expect((await verifyWorkspaceLog(session)).problem).toMatchObject({
      code: 'index-differs',
      seq: Math.min(...misplaced.map(([, seq]) => Number(seq))),
    });
  });

  it('cannot be taken away in the middle of a run', async () => {
    const made = await world('payroll');
    const plan = await approvedPlan(made);
    await placeHold(made.session, {
      matter: 'Doe v. Roe',
      reason: null,
      scopes: [{ kind: 'item', value: 'A' }],
    });
    const running = runSweep(made.session, plan.id, {
      acceptResidual: true,
      observe: ({ step }) => {
        if (step === 'run-begun') tamper(made, 'delete from hold_scopes; delete from holds');
      },
    });
    await expect(running).rejects.toMatchObject({ code: 'hold-changed', exitCode: 5 });
    expect(existsSync(made.file)).toBe(true);
  });
});

describe('what people do by hand', () => {
  /** A box whose event was recorded with a wrong year, planned, corrected, and turned back in the item alone. */
  async function turnedBack(recordClass: string): Promise<{ made: World; plan: Plan }> {
    const made = await world('payroll');
    const box = { id: 'BOX', title: 'T', medium: 'paper', location: 'Shelf 3', subjects: 'EMP-1' };
    await addItem(made.session, { ...box, class: recordClass, created: '2015-01-01' });
    await recordEvents(made.session, left('2019-06-30'));
    const plan = await approvedPlan(made);
    await recordEvents(made.session, left('2025-12-31'));
    tamper(made, EARLY.replace("'A'", "'BOX'"));
    return { made, plan };
  }

  it('is not recorded as allowed where the item has another day than the event', async () => {
    const { made, plan } = await turnedBack('form-i9');
    const statement = {
      method: 'shredded' as const,
      performedBy: 'Pat Roe',
      performedOn: date('2026-03-02'),
      witness: null,
      vendor: null,
      reference: null,
    };
    await expect(
      recordDestruction(made.session, { planId: plan.id, itemIds: ['BOX'], statement }),
    ).rejects.toMatchObject({ code: 'item-events-changed', exitCode: 5 });
  });

  it('is not handed over', async () => {
    const { made, plan } = await turnedBack('letter');
    const request = { planId: plan.id, receiver: 'State Archives' };
    for (const handOver of [previewHandover, prepareHandover]) {
      await expect(handOver(made.session, request)).rejects.toMatchObject({
        code: 'item-events-changed',
        exitCode: 5,
      });
    }
  });

  it('is not asked for by a run', async () => {
    const { made, plan } = await turnedBack('form-i9');
    await expect(runSweep(made.session, plan.id, { acceptResidual: true })).rejects.toMatchObject({
      code: 'item-events-changed',
      exitCode: 5,
    });
  });
});
