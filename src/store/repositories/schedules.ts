import type { Knex } from 'knex';
import type {
  CalendarDate,
  RecordClass,
  Schedule,
  ScheduleApproval,
  StoredSchedule,
} from '../../model/index.js';

type StoredClass = Omit<RecordClass, 'gates' | 'sanitization'> &
  Partial<Pick<RecordClass, 'gates' | 'sanitization'>>;

interface StoredDocument {
  title: string;
  effective?: CalendarDate;
  classes: readonly StoredClass[];
}

interface ScheduleRow {
  version: number;
  imported_at: string;
  imported_by: string;
  sha256: string;
  source: string;
  document: string;
}

/** Versions of the schedule; a version is written once and never changed. */
export class ScheduleRepository {
  constructor(private readonly database: Knex) {}

  /** @param source the file's text as it was imported */
  async insert(schedule: StoredSchedule, source: string): Promise<void> {
    const { title, effective, classes } = schedule;
    const document: Schedule = { title, ...(effective === undefined ? {} : { effective }), classes };
    await this.database('schedules').insert({
      version: schedule.version,
      imported_at: schedule.importedAt,
      imported_by: schedule.importedBy,
      sha256: schedule.sha256,
      source,
      document: JSON.stringify(document),
    });
  }

  /** Takes the place of an earlier one of the same operator for the same file. */
  async putApproval({
    sha256,
    operatorId,
    approvedAt,
    statement,
    signature,
  }: ScheduleApproval): Promise<void> {
    await this.database('schedule_approvals')
      .insert({ sha256, operator_id: operatorId, approved_at: approvedAt, statement, signature })
      .onConflict(['sha256', 'operator_id'])
      .merge();
  }

  /** @param sha256 of the file */
  async approvals(sha256: string): Promise<ScheduleApproval[]> {
    const rows: ScheduleApproval[] = await this.database('schedule_approvals')
      .where('sha256', sha256)
      .orderBy('operator_id')
      .select(
        'sha256',
        { operatorId: 'operator_id' },
        { approvedAt: 'approved_at' },
        'statement',
        'signature',
      );
    return rows;
  }

  async latest(): Promise<StoredSchedule | undefined> {
    const row: ScheduleRow | undefined = await this.database('schedules').orderBy('version', 'desc').first();
    return row && stored(row);
  }

  async get(version: number): Promise<StoredSchedule | undefined> {
    const row: ScheduleRow | undefined = await this.database('schedules').where('version', version).first();
    return row && stored(row);
  }

  async list(): Promise<StoredSchedule[]> {
    const rows: ScheduleRow[] = await this.database('schedules').orderBy('version');
    return rows.map(stored);
  }

  /** The text of a version as it was imported. */
  async source(version: number): Promise<string | undefined> {
    const row: ScheduleRow | undefined = await this.database('schedules').where('version', version).first();
    return row?.source;
  }
}

function stored(row: ScheduleRow): StoredSchedule {
  const document = JSON.parse(row.document) as StoredDocument;
  return {
    title: document.title,
    ...(document.effective === undefined ? {} : { effective: document.effective }),
    // The first version of the program wrote neither.
    classes: document.classes.map((each) => ({
      ...each,
      gates: each.gates ?? [],
      sanitization: each.sanitization ?? {},
    })),
    version: row.version,
    importedAt: row.imported_at,
    importedBy: row.imported_by,
    sha256: row.sha256,
  };
}
