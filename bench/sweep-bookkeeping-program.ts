// Drives the journal of a sweep as `destroy` does, over disposals that do nothing, and prints how long the books took.
// The bare loop beside it does as many commits of as many rows through the same driver.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CalendarDate, InventoryItem, Plan } from '../src/model/index.js';
import { buildPlan, type PlanItemLine, plannedDisposals } from '../src/retention/index.js';
import { SweepJournal } from '../src/retention/sweep-journal.js';
import { dueDateCalculator, importSchedule } from '../src/schedule/index.js';
import { createWorkspace, openSession, type Session } from '../src/session/index.js';
import type { Assessment, DisposalRequest, TargetOutcome } from '../src/shred/index.js';
import type { Run } from '../src/store/index.js';
import { systemClock } from '../src/workspace/index.js';

const SCHEDULE = `version: 1
title: Bench
classes:
  payroll:
    title: Payroll
    retain: [{after: closed, for: P3Y}]
    disposition: destroy
    approvals: 0
    authority: {citation: 29 CFR 516.5, checked: 2026-11-02}
`;
const [mode = 'journal', folder = '', itemsText = '20000', batchText = '384'] = process.argv.slice(2);
const ITEMS = Number(itemsText);
const BATCH = Number(batchText);

const ASSESSMENT = { fileSystem: 'ext4', residual: [], limits: [] } as unknown as Assessment;

function item(id: string, location: string): InventoryItem {
  return {
    ...{ id, title: 'Payroll', recordClass: 'payroll', otherClasses: [], medium: 'file', location },
    ...{ piElements: ['ssn'], dataSubjects: 1, subjects: [], custodian: null, department: null },
    ...{ created: null, modified: null, closed: '2015-12-31' as CalendarDate, lastUsed: null },
    ...{ events: {}, copiesElsewhere: null, notes: null },
  };
}

async function world(): Promise<{ session: Session; plan: Plan }> {
  const records = join(folder, 'records');
  mkdirSync(records);
  const { paths } = await createWorkspace({
    ...{ root: join(folder, 'workspace'), organization: { name: 'Bench', address: null } },
    ...{ timeZone: 'America/New_York', fiscalYearEnd: '12-31' },
    ...{ limits: { maxItems: ITEMS, maxClassPercent: 100 } },
    ...{ approvals: { minimum: 0, plannerMayApprove: true } },
    ...{ operator: { id: 'bench', name: 'Bench' }, passphrase: null, clock: systemClock },
    account: (await import('../src/operators/index.js')).currentAccount(),
  });
  const session = await openSession({ paths, command: 'bench' });
  await importSchedule(session, { text: SCHEDULE, fileName: 'schedule.yaml' });
  const dueOf = dueDateCalculator(await session.store.schedules.latest(), session.settings());
  await session.store.transaction(async (transaction) => {
    const insert = await transaction.items.bulkInsert();
    for (let at = 0; at < ITEMS; at += 500) {
      const items = Array.from({ length: Math.min(500, ITEMS - at) }, (_, index) => {
        const location = join(records, String(at + index));
        writeFileSync(location, 'x');
        return item(`PAY-${at + index}`, location);
      });
      await insert.insert(items.map((each) => ({ item: each, due: dueOf(each), source: null })));
    }
    await insert.close();
  });
  return { session, plan: (await buildPlan(session)).plan };
}

function requestOf(line: PlanItemLine): DisposalRequest {
  const { itemId, location, fingerprint } = line;
  if (location === null || fingerprint?.kind !== 'file') throw new Error('Not a file');
  const { device, inode, size, modifiedNs, changedNs } = fingerprint;
  const entry = {
    ...{ path: '', type: 'file' as const, device, inode, size, modifiedNs, changedNs, bornNs: '0' },
    ...{ inline: false, neutralName: '0'.repeat(32) },
  };
  return {
    target: { itemId, location, medium: 'file', fingerprint },
    entries: [entry],
    files: 1,
    assessment: ASSESSMENT,
  };
}

function outcomeOf({ target }: DisposalRequest): TargetOutcome {
  return {
    ...{ itemId: target.itemId, outcome: 'overwritten-verified', reasons: [], assessment: ASSESSMENT },
    ...{ files: 1, bytes: '1', left: [], verifiedFrom: ['medium'] },
  } as unknown as TargetOutcome;
}

interface Took {
  wall: number;
  cpu: number;
}

function stopwatch(): () => Took {
  const begun = process.hrtime.bigint();
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return { wall: Number(process.hrtime.bigint() - begun) / 1e9, cpu: (user + system) / 1e6 };
  };
}

async function journal(): Promise<Took> {
  const { session, plan } = await world();
  const run: Run = {
    ...{ id: 'run-bench', planId: plan.id, kind: 'sweep', startedAt: new Date().toISOString() },
    ...{ startedBy: 'bench', finishedAt: null, acceptResidual: false },
  };
  await session.store.transaction((transaction) => transaction.runs.insert(run));
  const schedule = await session.store.schedules.latest();
  const plannedClasses = new Map((schedule?.classes ?? []).map((each) => [each.id, each]));
  const books = new SweepJournal({ session, plan, run, plannedClasses, today: session.today() });
  const took = stopwatch();
  for await (const lines of plannedDisposals(session, plan.id, BATCH)) {
    const requests = lines.map(requestOf);
    books.expect(lines);
    const answers = await books.begin(requests);
    if (answers.some(({ go }) => !go)) throw new Error('A disposal was refused');
    for (const { target } of requests) {
      if ((await books.stillAuthorized(target.itemId)) !== undefined)
        throw new Error('Not authorized any more');
    }
    await books.overwritten(
      requests.map(({ target }) => ({ itemId: target.itemId, index: 0, verifiedFrom: 'medium' })),
    );
    await books.finish(requests.map(outcomeOf));
  }
  const result = took();
  await session.close();
  return result;
}

/** As many commits, with as many bytes in as many rows of one table, and nothing decided. */
async function bare(): Promise<Took> {
  const { openStore } = await import('../src/store/index.js');
  const store = await openStore({ sqlite: join(folder, 'bare.db') }, () => join(folder, 'backup.db'));
  const line = 'x'.repeat(400);
  const took = stopwatch();
  for (let at = 0; at < ITEMS; at += BATCH) {
    for (let commit = 0; commit < 3; commit += 1) {
      await store.transaction(async (transaction) => {
        await transaction.log.insert(
          Array.from({ length: Math.min(BATCH, ITEMS - at) }, (_, index) => ({
            ...{
              seq: (at + index) * 3 + commit + 1,
              time: '',
              operator: '',
              action: '',
              hash: '',
              entry: line,
            },
          })),
        );
      });
    }
  }
  const result = took();
  await store.close();
  return result;
}

console.log(JSON.stringify(await (mode === 'bare' ? bare() : journal())));
