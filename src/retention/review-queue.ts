import type { CalendarDate, GateStatement } from '../model/index.js';
import { dayAfter } from '../schedule/index.js';
import type { Session } from '../session/index.js';
import type { ItemFilter, StoredItem } from '../store/index.js';
import { failedDisposals } from './failed-disposals.js';
import { plannedDefects } from './planned-defects.js';
import { type Judgement, type Rulebook, readRulebook } from './rulebook.js';

/** Why an item waits for a person. */
const REVIEW_KINDS = ['review', 'limit', 'gate', 'defect', 'failure'] as const;
export type ReviewKind = (typeof REVIEW_KINDS)[number];

export interface WaitingItem {
  kind: ReviewKind;
  itemId: string;
  recordClass: string | null;
  keepUntil: CalendarDate | null;
  deleteBy: CalendarDate | null;
  reason: string;
  /** One sentence, without personal information. */
  explanation: string;
}

/** A statement that satisfies a gate and will soon not count any more. */
export interface ExpiringStatement {
  statement: GateStatement;
  /** Last day on which it counts. */
  until: CalendarDate;
}

export interface ReviewQueue {
  asOf: CalendarDate;
  /** The first items of each kind, the longest due first. */
  items: readonly WaitingItem[];
  counts: Readonly<Record<ReviewKind, number>>;
  expiring: readonly ExpiringStatement[];
}

export interface QueueOptions {
  kinds?: readonly ReviewKind[];
  /** Only items that match; does not narrow statements. */
  filter?: QueueFilter;
  /** Items listed of each kind. */
  limit: number;
  /** Statements that end within so many days are listed. */
  withinDays: number;
  signal?: AbortSignal;
}

export type QueueFilter = Pick<ItemFilter, 'recordClass' | 'custodian' | 'department' | 'locationPrefix'>;

const PAGE = 1000;

/**
 * Everything about retention that waits for a person: items that are due for review, items past their limit, items that
 * wait at a gate, defects, what runs left behind, and statements that are about to end. An item can be there for more than one reason.
 *
 * @throws Fault `schedule-missing`
 */
export async function reviewQueue(session: Session, options: QueueOptions): Promise<ReviewQueue> {
  const asOf = session.today();
  const rules = await readRulebook(session.store, session.settings());
  const wanted = new Set(options.kinds ?? REVIEW_KINDS);
  const counts: Record<ReviewKind, number> = { review: 0, limit: 0, gate: 0, defect: 0, failure: 0 };
  const items: WaitingItem[] = [];
  const take = (kind: ReviewKind, item: StoredItem, judgement: Why) => {
    counts[kind] += 1;
    if (counts[kind] <= options.limit) items.push(waitingItem(kind, item, judgement));
  };
  const view = { session, rules, asOf, filter: options.filter ?? {}, signal: options.signal };
  if (wanted.has('review') || wanted.has('gate')) {
    for await (const { item, judgement } of dueItems(view)) {
      const kind = waitsFor(judgement);
      if (kind !== undefined && wanted.has(kind)) take(kind, item, judgement);
    }
  }
  if (wanted.has('limit')) {
    for await (const item of pastLimit(view)) take('limit', item, rules.judge(item, item.state, asOf));
  }
  if (wanted.has('defect')) {
    for await (const page of session.store.items.all({ state: 'active', defective: true })) {
      options.signal?.throwIfAborted();
      for (const item of page.filter((each) => matches(each, view.filter)))
        take('defect', item, rules.judge(item, item.state, asOf));
    }
    for await (const { item, line } of plannedDefects(session)) {
      options.signal?.throwIfAborted();
      const { reason, explanation } = line;
      if (matches(item, view.filter)) take('defect', item, { due: item.due, reason, explanation });
    }
  }
  if (wanted.has('failure')) {
    for await (const { item, outcome, explanation } of failedDisposals(session)) {
      options.signal?.throwIfAborted();
      if (matches(item, view.filter)) take('failure', item, { due: item.due, reason: outcome, explanation });
    }
  }
  const expiring = await expiringStatements(session, asOf, options.withinDays);
  return { asOf, items, counts, expiring };
}

interface View {
  session: Session;
  rules: Rulebook;
  asOf: CalendarDate;
  filter: QueueFilter;
  signal: AbortSignal | undefined;
}

/** Items whose duty to keep has ended, the longest due first, with what is decided for them today. */
export async function* dueItems({
  session,
  rules,
  asOf,
  filter,
  signal,
}: View): AsyncGenerator<{ item: StoredItem; judgement: Judgement }> {
  for (let after: { keepUntil: string; id: string } | undefined; ; ) {
    signal?.throwIfAborted();
    const page = await session.store.items.due(asOf, after, PAGE);
    for (const item of page) {
      if (matches(item, filter)) yield { item, judgement: rules.judge(item, item.state, asOf) };
    }
    const last = page.at(-1);
    if (page.length < PAGE || last === undefined) return;
    after = { keepUntil: last.due.keepUntil ?? '', id: last.id };
  }
}

async function* pastLimit({ session, asOf, filter, signal }: View): AsyncGenerator<StoredItem> {
  for (let after: { deleteBy: string; id: string } | undefined; ; ) {
    signal?.throwIfAborted();
    const page = await session.store.items.pastLimit(asOf, after, PAGE);
    for (const item of page) if (matches(item, filter)) yield item;
    const last = page.at(-1);
    if (page.length < PAGE || last === undefined) return;
    after = { deleteBy: last.due.deleteBy ?? '', id: last.id };
  }
}

function waitsFor({ reason }: Judgement): ReviewKind | undefined {
  if (reason === 'awaits-review') return 'review';
  // An open charge is waited for, and nobody has to do anything meanwhile.
  return reason.startsWith('gate-') && reason !== 'gate-open-charge' ? 'gate' : undefined;
}

function matches(item: StoredItem, filter: QueueFilter): boolean {
  const { recordClass, custodian, department, locationPrefix } = filter;
  return (
    (recordClass === undefined ||
      item.recordClass === recordClass ||
      item.otherClasses.includes(recordClass)) &&
    (custodian === undefined || item.custodian === custodian) &&
    (department === undefined || item.department === department) &&
    (locationPrefix === undefined || item.location.startsWith(locationPrefix))
  );
}

/** Why an item waits: what was decided for it, or how a run ended. */
type Why = Pick<Judgement, 'due' | 'explanation'> & { reason: string };

function waitingItem(kind: ReviewKind, item: StoredItem, judgement: Why): WaitingItem {
  return {
    kind,
    itemId: item.id,
    recordClass: item.recordClass,
    keepUntil: judgement.due.keepUntil,
    deleteBy: judgement.due.deleteBy,
    reason: judgement.reason,
    explanation: judgement.explanation,
  };
}

/** Statements count for a number of days that the settings say; notices and permissions do not end by themselves. */
async function expiringStatements(
  session: Session,
  asOf: CalendarDate,
  withinDays: number,
): Promise<ExpiringStatement[]> {
  const horizon = dayAfter(asOf, withinDays);
  const { statementDays } = session.settings().gates;
  const statements = await session.store.gates.counting();
  return statements
    .filter(({ kind }) => kind === 'no-open-charge' || kind === 'copies-checked')
    .flatMap((statement) => {
      const until = dayAfter(statement.statedOn, statementDays);
      const soon = until !== null && until >= asOf && (horizon === null || until <= horizon);
      return soon && until !== null ? [{ statement, until }] : [];
    })
    .toSorted((a, b) => (a.until < b.until ? -1 : 1));
}
