import {
  badInput,
  type CalendarDate,
  DATE_TRIGGERS,
  EVENT_NAME,
  type RecordedEvent,
  subjectMistake,
} from '../model/index.js';
import { dueDateCalculator, withSubjectEvents } from '../schedule/index.js';
import type { Session } from '../session/index.js';
import {
  BULK_ROWS,
  type EventFilter,
  type ItemWrite,
  type StoredItem,
  type StoreTransaction,
} from '../store/index.js';
import { closest, instant } from '../workspace/index.js';

/** That something happened to a subject; a null date says that it did not, and takes an earlier record back. */
export interface EventStatement {
  event: string;
  subject: string;
  date: CalendarDate | null;
}

/** Why a statement is not recorded, in a sentence without a final period. */
export interface EventRefusal {
  code: 'event-before-items' | 'event-in-future' | 'event-unknown';
  reason: string;
  hint: string;
}

export interface EventRecording {
  /** New records, corrections among them. */
  recorded: readonly RecordedEvent[];
  /** Records that corrected an earlier one. */
  corrected: number;
  /** Statements that are recorded already. */
  unchanged: number;
  /** Positions of the statements that were left out, and why. */
  refused: ReadonlyMap<number, EventRefusal>;
  items: {
    /** Items that are linked to the subjects and not disposed of. */
    reached: number;
    /** Those of which a due date is another one now. */
    changed: number;
  };
}

const SUBJECTS_AT_ONCE = 500;

/**
 * Records events. What they change follows in the same transaction: the due dates of all items linked to the
 * subjects, and one log entry for each record. A statement that differs from what is recorded corrects it: the old
 * record stays, marked. One that says what is recorded already changes nothing.
 *
 * An event that is earlier than the `created` date of every item of its subject is refused unless `force`: a wrong
 * year is the usual cause, and would dispose of records years too early. Items made after the event are common, so
 * one older item is enough. An event in the future is always refused: it has not happened.
 *
 * @param options.partial record the others although some are refused; without it nothing is recorded then
 */
export async function recordEvents(
  session: Session,
  statements: readonly EventStatement[],
  options: { force?: boolean; partial?: boolean } = {},
): Promise<EventRecording> {
  return await session.store.transaction(async (transaction) => {
    const linked = await itemsBySubject(transaction, statements);
    const current = await currentEvents(transaction, statements);
    const refused = new Map<number, EventRefusal>();
    const fresh: EventStatement[] = [];
    let unchanged = 0;
    for (const [at, statement] of statements.entries()) {
      const before = current.get(key(statement));
      const refusal = refusalOf(statement, before, linked.get(statement.subject) ?? [], {
        today: session.today(),
        force: options.force ?? false,
      });
      if (refusal !== undefined) refused.set(at, refusal);
      else if (before !== undefined && before.date === statement.date) unchanged += 1;
      else fresh.push(statement);
    }
    const nothing = { reached: 0, changed: 0 };
    if (fresh.length === 0 || (refused.size > 0 && !options.partial)) {
      return { recorded: [], corrected: 0, unchanged, refused, items: nothing };
    }
    const recorded = await append(session, transaction, fresh, current);
    const items = await recompute(session, transaction, fresh, linked);
    const corrected = recorded.filter(({ supersedes }) => supersedes !== null).length;
    return { recorded, corrected, unchanged, refused, items };
  });
}

/** Recorded events, the oldest record first. */
export async function listEvents(
  session: Session,
  filter: EventFilter,
  page: { after?: number; limit: number },
): Promise<RecordedEvent[]> {
  return await session.store.events.list(filter, page);
}

/** Names of events that no class of the schedule in force counts from: recorded, and without effect on any due date. */
export async function unusedEvents(session: Session, names: readonly string[]): Promise<string[]> {
  const schedule = await session.store.schedules.latest();
  const triggers = new Set(
    schedule?.classes.flatMap(({ retain, deleteWithin }) =>
      [...retain, ...(deleteWithin ? [deleteWithin] : [])].map(({ after }) => after),
    ),
  );
  return [...new Set(names)].filter((name) => !triggers.has(name)).toSorted();
}

/** @throws Fault `event-invalid` where the text cannot name an event */
export function requireEventName(text: string): string {
  const mistake = eventNameMistake(text);
  if (mistake === undefined) return text;
  throw badInput('event-invalid', `The name of the event ${mistake.reason}`, { hint: mistake.hint });
}

/** @throws Fault `subject-invalid` where the text is no opaque id */
export function requireSubject(text: string): string {
  const mistake = subjectMistake(text);
  if (mistake === undefined) return text;
  throw badInput('subject-invalid', `The subject ${mistake.reason}`, { hint: mistake.hint });
}

/** Why a text cannot name an event, in words that complete `EVENT …`. */
export function eventNameMistake(text: string): { reason: string; hint: string } | undefined {
  const near = closest(text.replaceAll('_', '-'), [...DATE_TRIGGERS]);
  if (near !== undefined) {
    const hint = `Change the item itself: quietus inventory update ID --${near} DATE`;
    return { reason: `is ${near}, which is a date of the item, or a letter away from it`, hint };
  }
  if (EVENT_NAME.test(text)) return undefined;
  return {
    reason: 'is not the name of an event',
    hint: 'Use up to 64 lower-case letters, digits and hyphens, as the schedule does',
  };
}

function key({ event, subject }: { event: string; subject: string }): string {
  return `${event} ${subject}`;
}

function refusalOf(
  { event, date }: EventStatement,
  before: RecordedEvent | undefined,
  items: readonly StoredItem[],
  { today, force }: { today: CalendarDate; force: boolean },
): EventRefusal | undefined {
  if (date === null) {
    if (before !== undefined) return undefined;
    return {
      code: 'event-unknown',
      reason: `${event} is not recorded for the subject`,
      hint: 'See: quietus event list',
    };
  }
  if (date > today) {
    const hint = 'Record it when it has happened';
    return { code: 'event-in-future', reason: `${event} lies in the future`, hint };
  }
  if (force) return undefined;
  const created = items.flatMap((item) => (item.created === null ? [] : [item.created])).toSorted();
  const first = created[0];
  if (first === undefined || first <= date || created.length < items.length) return undefined;
  return {
    code: 'event-before-items',
    reason: `${event} lies before all ${items.length} items of the subject were created, the first on ${first}`,
    hint: 'Check the year; record it nevertheless with --force',
  };
}

async function itemsBySubject(
  transaction: StoreTransaction,
  statements: readonly EventStatement[],
): Promise<Map<string, StoredItem[]>> {
  const bySubject = new Map<string, StoredItem[]>(statements.map(({ subject }) => [subject, []]));
  const subjects = [...bySubject.keys()];
  for (let at = 0; at < subjects.length; at += SUBJECTS_AT_ONCE) {
    for (const item of await transaction.items.ofSubjects(subjects.slice(at, at + SUBJECTS_AT_ONCE))) {
      if (item.state === 'disposed') continue;
      for (const subject of item.subjects) bySubject.get(subject)?.push(item);
    }
  }
  // Two batches of subjects can find the same item.
  for (const [subject, items] of bySubject) {
    bySubject.set(subject, [...new Map(items.map((item) => [item.id, item])).values()]);
  }
  return bySubject;
}

async function currentEvents(
  transaction: StoreTransaction,
  statements: readonly EventStatement[],
): Promise<Map<string, RecordedEvent>> {
  const subjects = [...new Set(statements.map(({ subject }) => subject))];
  const current = new Map<string, RecordedEvent>();
  for (let at = 0; at < subjects.length; at += SUBJECTS_AT_ONCE) {
    for (const event of await transaction.events.current(subjects.slice(at, at + SUBJECTS_AT_ONCE))) {
      current.set(key(event), event);
    }
  }
  return current;
}

async function append(
  session: Session,
  transaction: StoreTransaction,
  statements: readonly EventStatement[],
  current: ReadonlyMap<string, RecordedEvent>,
): Promise<RecordedEvent[]> {
  const operator = await session.operator();
  const recordedAt = instant(session.clock);
  const first = await transaction.events.nextId();
  const records = statements.map(
    (statement, index): RecordedEvent => ({
      ...statement,
      id: first + index,
      recordedAt,
      recordedBy: operator.id,
      supersedes: current.get(key(statement))?.id ?? null,
      supersededBy: null,
    }),
  );
  await transaction.events.insert(records);
  await session.recorder.appendAll(
    transaction,
    records.map(({ id, event, subject, date, supersedes }) => {
      const before = current.get(key({ event, subject }));
      return {
        action: 'event.record',
        outcome: 'done' as const,
        subject: { event: String(id), subject },
        data: { event, date, ...(before && { supersedes: String(supersedes), date_before: before.date }) },
      };
    }),
  );
  return records;
}

/** Writes the items whose events are others now. Claimed ones too: their run sees it and stops before them. */
async function recompute(
  session: Session,
  transaction: StoreTransaction,
  statements: readonly EventStatement[],
  linked: ReadonlyMap<string, readonly StoredItem[]>,
): Promise<EventRecording['items']> {
  const items = new Map<string, StoredItem>();
  for (const { subject } of statements) {
    for (const item of linked.get(subject) ?? []) items.set(item.id, item);
  }
  const all = [...items.values()];
  const dueOf = dueDateCalculator(await transaction.schedules.latest(), session.settings());
  const bulk = await transaction.items.bulkInsert();
  let changed = 0;
  try {
    for (let at = 0; at < all.length; at += BULK_ROWS) {
      const page = await withSubjectEvents(transaction, all.slice(at, at + BULK_ROWS));
      const writes = page.map((item): ItemWrite & { item: StoredItem } => {
        return { item, due: dueOf(item), source: item.importedFrom };
      });
      changed += writes.filter(({ item, due }) => JSON.stringify(item.due) !== JSON.stringify(due)).length;
      await bulk.replaceEvents(writes);
    }
    await bulk.close();
  } catch (error) {
    await bulk.abandon();
    throw error;
  }
  return { reached: all.length, changed };
}
