import type { CalendarDate } from './calendar-date.js';

/** Names of events, as schedules write their triggers. */
export const EVENT_NAME = /^[a-z][a-z0-9-]{0,63}$/;

/** That an event happened to a subject on a day, as somebody recorded it. Records are corrected by later ones and never change. */
export interface RecordedEvent {
  id: number;
  event: string;
  /** Opaque id of a person or a case. */
  subject: string;
  /** Null where the record says that the event did not happen after all. */
  date: CalendarDate | null;
  recordedAt: string;
  recordedBy: string;
  /** Id of the record that this one corrects. */
  supersedes: number | null;
  /** Id of the record that corrects this one; null for what counts now. */
  supersededBy: number | null;
}
