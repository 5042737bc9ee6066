import { entriesOf, type LogEntry } from '../audit/index.js';
import { type RecordedEvent, verificationFailed } from '../model/index.js';
import { withSubjectEvents } from '../schedule/index.js';
import type { Repositories, StoredItem } from '../store/index.js';

const PAGE = 500;

/**
 * Compares the recorded events with the log, one by one in their order: none is missing, none is there that nobody
 * recorded, each says what it said, and is corrected by the record that corrects it.
 *
 * @throws Fault `event-changed` (exit 5)
 */
export async function requireEventsAsLogged(repositories: Repositories): Promise<void> {
  const corrections = new Corrections();
  const records = recordsOf(repositories);
  for await (const entry of entriesOf(repositories, 'event.record')) {
    const { value: record } = await records.next();
    const id = String(entry.subject.event);
    if (record === undefined || String(record.id) !== id)
      throw changed(id, 'it is gone, or another one was put in');
    if (!saysTheSame(record, entry)) throw changed(id, 'it says something else');
    if (!corrections.fit(record)) throw changed(id, 'it is not the record that counts');
  }
  const { value: left } = await records.next();
  if (left !== undefined) throw changed(String(left.id), 'nobody recorded it');
  const open = corrections.open();
  if (open !== undefined) throw changed(String(open), 'it is corrected by a record that is not there');
}

/**
 * Compares what items have copied of the events of their subjects with what is recorded: decisions rest on the copies.
 *
 * @throws Fault `item-events-changed` (exit 5)
 */
export async function requireEventsOfItems(
  repositories: Repositories,
  items: readonly StoredItem[],
): Promise<void> {
  const linked = items.filter(({ subjects }) => subjects.length > 0);
  if (linked.length === 0) return;
  const recorded = await withSubjectEvents(repositories, linked);
  for (const [at, item] of linked.entries()) {
    if (sortedText(item.subjectEvents) === sortedText(recorded[at]?.subjectEvents ?? {})) continue;
    throw verificationFailed(
      'item-events-changed',
      `The events with which the inventory has ${item.id} are not those that are recorded for its subjects`,
      { hint: HINT, details: { items: [item.id] } },
    );
  }
}

async function* recordsOf(repositories: Repositories): AsyncGenerator<RecordedEvent, undefined> {
  for (let after = 0; ; ) {
    const page = await repositories.events.list({ superseded: true }, { after, limit: PAGE });
    yield* page;
    const last = page.at(-1);
    if (page.length < PAGE || last === undefined) return;
    after = last.id;
  }
}

function saysTheSame(record: RecordedEvent, { subject, data, operator }: LogEntry): boolean {
  return (
    record.subject === subject.subject &&
    record.event === data.event &&
    record.date === data.date &&
    record.recordedBy === operator &&
    data.supersedes === (record.supersedes === null ? undefined : String(record.supersedes))
  );
}

/** Which record corrects which: what one names must name it back. Records come before their corrections. */
class Corrections {
  /** By the number of a record that corrects: the record that said so. */
  readonly #expected = new Map<number, number>();

  fit({ id, supersedes, supersededBy }: RecordedEvent): boolean {
    const before = this.#expected.get(id);
    this.#expected.delete(id);
    if (supersededBy !== null) this.#expected.set(supersededBy, id);
    return (before ?? null) === supersedes;
  }

  open(): number | undefined {
    return [...this.#expected.values()][0];
  }
}

function sortedText(events: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(events).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

const HINT =
  'Somebody changed the database. Run: quietus log verify, keep the workspace as it is, and dispose of nothing until this is explained';

function changed(id: string, what: string): Error {
  return verificationFailed(
    'event-changed',
    `The record ${id} of an event is not what the log says of it: ${what}`,
    {
      hint: HINT,
    },
  );
}
