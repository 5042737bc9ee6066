import { sha256 } from '../crypto/index.js';
import {
  type CalendarDate,
  type DueDates,
  refused,
  type Schedule,
  type StoredSchedule,
} from '../model/index.js';
import type { Session } from '../session/index.js';
import { BULK_ROWS, type StoredItem, type StoreTransaction } from '../store/index.js';
import { instant } from '../workspace/index.js';
import { fiscalYearOfDates } from './dated-year.js';
import { dueDateCalculator } from './due-dates.js';
import { ImportGuard, type ImportPermission } from './import-permission.js';
import { requireScheduleApproved } from './schedule-approval.js';
import { rulesSha256 } from './schedule-document.js';
import { changedClasses } from './schedule-effects.js';
import { parsedSchedule, type ScheduleFile } from './schedule-source.js';

export interface ScheduleImport {
  /** False where the latest version is this very file: nothing was changed. */
  changed: boolean;
  /** Version that is in force now. */
  version: number;
  /** SHA-256, hex, of the file. */
  sha256: string;
  classes: number;
  items: {
    /** Items whose dates were computed again: those of the classes that changed, or all that are not disposed of. */
    checked: number;
    /** Items of which a date or defect is another one now. */
    changed: number;
    /** Items that have no due date now for lack of something. */
    defects: number;
    /** Items that are due today, and were not, or had more gates or approvals before them, under the version before. */
    moreDue: number;
  };
}

/**
 * Makes a schedule file the schedule in force: a new version, whose number is one more than the last; older versions
 * stay. The due dates of all items follow in the same transaction, and one entry is appended to the log. The very
 * file that is in force already changes nothing.
 *
 * A schedule that takes effect on a later day is refused until then: what is due must not depend on who looks when.
 *
 * Where the fiscal year of the settings is not the one that the dates were computed for, all dates are computed again,
 * also for the file that is in force.
 *
 * What makes items due that were not, and what takes the class of items away, is refused without a permission.
 *
 * @throws Fault `schedule-invalid` listing every mistake with line and column, `schedule-not-effective`, `schedule-approval-missing`, `more-due`, `classes-removed`
 */
export async function importSchedule(
  session: Session,
  file: ScheduleFile,
  permission: ImportPermission = {},
): Promise<ScheduleImport> {
  const schedule = parsedSchedule(file);
  const digest = sha256(file.text);
  requireEffective(schedule, session.today(), file);
  const operator = await session.operator();
  return await session.store.transaction(async (transaction) => {
    const latest = await transaction.schedules.latest();
    const classes = schedule.classes.length;
    const { fiscalYearEnd } = session.settings();
    const yearBefore = await fiscalYearOfDates(transaction);
    // The same file is another schedule where the fiscal year is another one.
    if (latest?.sha256 === digest && (yearBefore ?? fiscalYearEnd) === fiscalYearEnd) {
      const defects = await transaction.items.count({ defective: true });
      const items = { checked: 0, changed: 0, defects, moreDue: 0 };
      return { changed: false, version: latest.version, sha256: digest, classes, items };
    }
    const version = (latest?.version ?? 0) + 1;
    const stored = {
      ...schedule,
      version,
      importedAt: instant(session.clock),
      importedBy: operator.id,
      sha256: digest,
    };
    await transaction.schedules.insert(stored, file.text);
    const guard = new ImportGuard(latest, schedule, {
      settings: { fiscalYearEnd },
      settingsBefore: { fiscalYearEnd: yearBefore ?? fiscalYearEnd },
      today: session.today(),
    });
    // Where nobody knows what they were computed for, all are computed again.
    const affected =
      yearBefore === fiscalYearEnd
        ? await transaction.items.ofClasses([...changedClasses(latest, schedule)], BULK_ROWS)
        : transaction.items.all({}, BULK_ROWS);
    const counts = await recomputeDueDates(transaction, dueDateCalculator(schedule, session.settings()), {
      affected,
      guard,
    });
    guard.requirePermitted(permission, simulation(file));
    await requireScheduleApproved(session, transaction, {
      sha256: digest,
      base: latest?.version ?? 0,
      moreDue: guard.moreDue,
      fileName: file.template === undefined ? file.fileName : `--template ${file.template}`,
    });
    const defects = await transaction.items.count({ state: 'active', defective: true });
    const items = { ...counts, defects, moreDue: guard.moreDue };
    await session.recorder.append(transaction, {
      action: 'schedule.import',
      outcome: 'done',
      subject: { schedule: String(version) },
      data: {
        sha256: digest,
        rules_sha256: rulesSha256(schedule),
        fiscal_year_end: fiscalYearEnd,
        classes,
        items_changed: items.changed,
        items_defective: items.defects,
        more_due: items.moreDue,
        more_due_allowed: permission.moreDue ?? 0,
        classes_removed: Object.fromEntries(guard.removed),
        ...(file.template === undefined && session.fileName(file.fileName)),
      },
    });
    return { changed: true, version, sha256: digest, classes, items };
  });
}

function requireEffective({ effective }: Schedule, today: CalendarDate, file: ScheduleFile): void {
  if (effective === undefined || effective <= today) return;
  throw refused('schedule-not-effective', `The schedule takes effect on ${effective}; nothing was changed`, {
    hint: `Import it on that day or later. What it would change then: ${simulation(file)} --as-of ${effective}`,
  });
}

/** The command that shows what the file would change. */
function simulation({ fileName, template }: ScheduleFile): string {
  return `quietus sweep simulate ${template === undefined ? `--schedule ${fileName}` : `--template ${template}`}`;
}

/** The schedule in force; undefined before the first import. */
export async function currentSchedule(session: Pick<Session, 'store'>): Promise<StoredSchedule | undefined> {
  return await session.store.schedules.latest();
}

/** Writes only the dates that differ: a changed rule seldom reaches more than its class. */
async function recomputeDueDates(
  transaction: StoreTransaction,
  dueOf: (item: StoredItem) => DueDates,
  { affected, guard }: { affected: AsyncIterable<readonly StoredItem[]>; guard: ImportGuard },
): Promise<Pick<ScheduleImport['items'], 'checked' | 'changed'>> {
  const counts = { checked: 0, changed: 0 };
  for await (const page of affected) {
    const changed: { id: string; due: DueDates }[] = [];
    for (const item of page) {
      if (item.state === 'disposed') continue;
      const due = dueOf(item);
      guard.see(item, due);
      counts.checked += 1;
      if (!sameDue(item, due)) changed.push({ id: item.id, due });
    }
    await transaction.items.setDue(changed);
    counts.changed += changed.length;
  }
  return counts;
}

function sameDue({ due: old }: StoredItem, due: DueDates): boolean {
  return (
    old.keepUntil === due.keepUntil &&
    old.deleteBy === due.deleteBy &&
    old.permanent === due.permanent &&
    old.defect === due.defect &&
    old.missingTrigger === due.missingTrigger
  );
}
