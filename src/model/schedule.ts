import type { CalendarDate } from './calendar-date.js';
import type { Gate } from './gate.js';
import type { Medium } from './medium.js';

/** Triggers that are dates of every item; any other name is a named event. */
export const DATE_TRIGGERS = ['created', 'modified', 'closed', 'last-used'] as const;
export type DateTrigger = (typeof DATE_TRIGGERS)[number];

/** Where counting starts after the trigger: at once, or at the end of the period that the trigger falls in. */
export const CUT_OFFS = ['none', 'month', 'calendar-year', 'fiscal-year'] as const;
export type CutOff = (typeof CUT_OFFS)[number];

export const DISPOSITIONS = ['destroy', 'review', 'redact', 'archive', 'transfer', 'permanent'] as const;
export type Disposition = (typeof DISPOSITIONS)[number];

/** The most protective first: where the classes of an item differ, the first of theirs wins. */
export const DISPOSITIONS_BY_PROTECTION: readonly Disposition[] = [
  'permanent',
  'transfer',
  'archive',
  'redact',
  'review',
  'destroy',
];

/** `after` names a trigger (a date of the item or a named event); `for` is an ISO 8601 period of years, months, weeks, days. */
export interface PeriodClause {
  after: string;
  for: string;
}

/** Where the duty comes from, and when a person last compared the schedule with it. */
export interface Authority {
  citation: string;
  source: string | null;
  checked: CalendarDate;
  /** Set where sources conflict or are secondary only. */
  warning: string | null;
}

/** Ways of destruction by medium, such as `{paper: 'shredded'}`. */
export type Sanitization = Readonly<Partial<Record<Medium, string>>>;

export interface RecordClass {
  id: string;
  title: string;
  /** The latest of the clauses wins. Empty only for disposition `permanent`. */
  retain: readonly PeriodClause[];
  cutOff: CutOff;
  /** A maximum, counted from the trigger itself and never from the cut-off. */
  deleteWithin: PeriodClause | null;
  disposition: Disposition;
  /**
   * With disposition `archive`: how long the archive is kept, counted from the end of the duty to keep the record in the
   * open; then its key is destroyed. Left out where the schedule does not say, and items are then not archived by themselves.
   */
  archiveFor?: string;
  /** People who must approve before anything of this class is disposed of. */
  approvals: 0 | 1 | 2;
  /** What must be true besides, before anything of this class is disposed of. */
  gates: readonly Gate[];
  /** How people must destroy media that this program cannot; none named means any way that the law allows. */
  sanitization: Sanitization;
  authority: Authority;
}

/** One version of the organization's retention schedule. Versions are numbered from 1 by the workspace and never change. */
export interface Schedule {
  title: string;
  /** First day on which it applies; left out where it applies from its import. */
  effective?: CalendarDate;
  classes: readonly RecordClass[];
}

export interface StoredSchedule extends Schedule {
  version: number;
  importedAt: string;
  importedBy: string;
  /** SHA-256, hex, of the file that was imported. */
  sha256: string;
}

/** One operator's signed word that a schedule file may make more items due. */
export interface ScheduleApproval {
  /** SHA-256, hex, of the file. */
  sha256: string;
  operatorId: string;
  approvedAt: string;
  /** The canonical JSON that was signed. */
  statement: string;
  /** Ed25519 signature over the UTF-8 bytes of `statement`, base64. */
  signature: string;
}

/** Of several classes, the first of those whose disposition protects most. */
export function mostProtective(classes: readonly RecordClass[]): RecordClass | undefined {
  for (const disposition of DISPOSITIONS_BY_PROTECTION) {
    const found = classes.find((each) => each.disposition === disposition);
    if (found !== undefined) return found;
  }
  return undefined;
}
