import { canonicalJson, sha256 } from '../crypto/index.js';
import {
  badInput,
  type PeriodClause,
  type RecordClass,
  type Schedule,
  type StoredSchedule,
} from '../model/index.js';
import type { Session } from '../session/index.js';

/** A version of the schedule as `--json` prints it. */
export function scheduleDocument(schedule: StoredSchedule): Record<string, unknown> {
  return {
    version: schedule.version,
    title: schedule.title,
    effective: schedule.effective ?? null,
    imported_at: schedule.importedAt,
    imported_by: schedule.importedBy,
    sha256: schedule.sha256,
    classes: schedule.classes.map(classDocument),
  };
}

function classDocument(recordClass: RecordClass): Record<string, unknown> {
  return {
    id: recordClass.id,
    title: recordClass.title,
    retain: recordClass.retain,
    cut_off: recordClass.cutOff,
    delete_within: recordClass.deleteWithin,
    disposition: recordClass.disposition,
    ...(recordClass.archiveFor === undefined ? {} : { archive: { for: recordClass.archiveFor } }),
    approvals: recordClass.approvals,
    gates: recordClass.gates,
    sanitization: recordClass.sanitization,
    authority: recordClass.authority,
  };
}

/** The rule of a class on one line: `later of P3Y after hire, P1Y after termination; at most P2Y after last-used`. */
export function ruleOnOneLine(recordClass: RecordClass): string {
  const { retain, cutOff, deleteWithin, disposition } = recordClass;
  if (disposition === 'permanent') return 'kept for ever';
  const minimum = retain.map(clause).join(', ');
  const from = cutOff === 'none' ? '' : `, counted from the end of the ${cutOff.replace('-', ' ')}`;
  const maximum = deleteWithin === null ? '' : `; at most ${clause(deleteWithin)}`;
  return `${retain.length > 1 ? 'later of ' : ''}${minimum}${from}${maximum}`;
}

/**
 * A stored version of the schedule, with the text of the file that it came from.
 *
 * @param version the latest where undefined
 * @throws Fault `schedule-missing` before the first import, `schedule-version-unknown` for any other number
 */
export async function storedSchedule(
  session: Pick<Session, 'store'>,
  version: number | undefined,
): Promise<{ schedule: StoredSchedule; source: string }> {
  const { schedules } = session.store;
  const latest = await schedules.latest();
  if (latest === undefined) {
    throw badInput('schedule-missing', 'The workspace has no retention schedule yet', {
      hint: 'Write schedule.yaml, then run: quietus schedule import schedule.yaml',
    });
  }
  const schedule = version === undefined ? latest : await schedules.get(version);
  const source = schedule && (await schedules.source(schedule.version));
  if (schedule === undefined || source === undefined) {
    throw badInput('schedule-version-unknown', `There is no version ${version} of the schedule`, {
      hint: `Versions go from 1 to ${latest.version}`,
    });
  }
  return { schedule, source };
}

function clause({ after, for: period }: PeriodClause): string {
  return `${period} after ${after}`;
}

/** SHA-256, hex, over the canonical JSON of a schedule's title and rules, without what its file looks like. */
export function rulesSha256({ title, effective, classes }: Schedule): string {
  return sha256(canonicalJson(JSON.parse(JSON.stringify({ title, effective, classes }))));
}
