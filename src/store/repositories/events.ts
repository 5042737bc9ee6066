import type { Knex } from 'knex';
import type { CalendarDate, RecordedEvent } from '../../model/index.js';

export interface EventFilter {
  subject?: string;
  event?: string;
  /** Also the records that later ones correct. */
  superseded?: boolean;
}

interface EventRow {
  id: number;
  event: string;
  subject: string;
  date: string | null;
  recorded_at: string;
  recorded_by: string;
  supersedes: number | null;
  superseded_by: number | null;
}

const EVENT_ROWS = 500;

/** Records of events; they are never changed, but for the number of the record that corrects them. */
export class EventRepository {
  constructor(private readonly database: Knex) {}

  /** Number for the next record. */
  async nextId(): Promise<number> {
    const rows: { last: number | string | null }[] = await this.database('events').max({ last: 'id' });
    return Number(rows[0]?.last ?? 0) + 1;
  }

  /** Appends records, and marks those that they correct. */
  async insert(events: readonly RecordedEvent[]): Promise<void> {
    for (const { id, supersedes } of events) {
      if (supersedes !== null)
        await this.database('events').where('id', supersedes).update({ superseded_by: id });
    }
    for (let at = 0; at < events.length; at += EVENT_ROWS) {
      await this.database('events').insert(events.slice(at, at + EVENT_ROWS).map(eventRow));
    }
  }

  /** What counts now of these subjects; at most 500 subjects. */
  async current(subjects: readonly string[]): Promise<RecordedEvent[]> {
    if (subjects.length === 0) return [];
    const rows: EventRow[] = await this.database('events')
      .whereIn('subject', subjects)
      .whereNull('superseded_by')
      .orderBy('id');
    return rows.map(recordedEvent);
  }

  /** Records by number, from the one after `after`. */
  async list(filter: EventFilter, page: { after?: number; limit: number }): Promise<RecordedEvent[]> {
    const query = this.database('events').orderBy('id').limit(page.limit);
    if (page.after !== undefined) query.where('id', '>', page.after);
    if (filter.subject !== undefined) query.where('subject', filter.subject);
    if (filter.event !== undefined) query.where('event', filter.event);
    if (!filter.superseded) query.whereNull('superseded_by');
    const rows: EventRow[] = await query;
    return rows.map(recordedEvent);
  }
}

function eventRow(event: RecordedEvent): EventRow {
  return {
    id: event.id,
    event: event.event,
    subject: event.subject,
    date: event.date,
    recorded_at: event.recordedAt,
    recorded_by: event.recordedBy,
    supersedes: event.supersedes,
    superseded_by: event.supersededBy,
  };
}

function recordedEvent(row: EventRow): RecordedEvent {
  return {
    id: row.id,
    event: row.event,
    subject: row.subject,
    date: row.date as CalendarDate | null,
    recordedAt: row.recorded_at,
    recordedBy: row.recorded_by,
    supersedes: row.supersedes,
    supersededBy: row.superseded_by,
  };
}
