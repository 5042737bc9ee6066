import type { DueDates, Hold, InventoryItem, Plan } from '../../src/model/index.js';
import type { ItemWrite, LogRecord, Run } from '../../src/store/index.js';

export const UNDUE: DueDates = {
  keepUntil: null,
  deleteBy: null,
  permanent: false,
  defect: null,
  missingTrigger: null,
};

export function sampleItem(
  id: string,
  changes: Partial<InventoryItem> = {},
  due: DueDates = UNDUE,
): ItemWrite {
  const item: InventoryItem = {
    id,
    title: `Title of ${id}`,
    recordClass: 'payroll',
    otherClasses: [],
    medium: 'file',
    location: `/records/${id}`,
    piElements: ['ssn', 'financial_account'],
    dataSubjects: 3,
    subjects: [],
    custodian: null,
    department: null,
    created: null,
    modified: null,
    closed: null,
    lastUsed: null,
    events: {},
    copiesElsewhere: null,
    notes: null,
    ...changes,
  };
  return { item, due, source: null };
}

export function sampleHold(id: string): Hold {
  return {
    id,
    matter: 'Doe v. Acme',
    reason: null,
    scopes: [
      { kind: 'class', value: 'payroll' },
      { kind: 'location', value: '/hr' },
    ],
    placedAt: '2026-01-02T03:04:05.000Z',
    placedBy: 'jdoe',
    releasedAt: null,
    releasedBy: null,
    releaseReason: null,
    coolingOffUntil: null,
  };
}

export function samplePlan(id: string): Plan {
  return {
    id,
    createdAt: '2026-01-02T03:04:05.000Z',
    plannedBy: 'jdoe',
    asOf: '2026-01-02' as Plan['asOf'],
    scheduleVersion: 3,
    counts: { dispose: 1, keep: 2, held: 3, defect: 4 },
    approvalsRequired: 1,
    sha256: 'a'.repeat(64),
    state: 'planned',
  };
}

export function sampleRun(id: string, planId: string): Run {
  return {
    id,
    planId,
    kind: 'sweep',
    startedAt: '2026-01-02T03:04:05.000Z',
    startedBy: 'jdoe',
    finishedAt: null,
    acceptResidual: true,
  };
}

/** A record whose columns are of use to filters; it is in no chain. */
export function sampleLogRecord(seq: number, changes: Partial<LogRecord> = {}): LogRecord {
  return {
    seq,
    time: `2026-01-02T03:04:0${seq}.000Z`,
    operator: 'jdoe',
    action: 'test.test',
    hash: 'a'.repeat(64),
    entry: '{}',
    ...changes,
  };
}
