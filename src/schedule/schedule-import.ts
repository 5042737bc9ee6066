import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { sha256 } from '../crypto/index.js';
import { badInput, type DueDates, type Fault, type Schedule, type StoredSchedule } from '../model/index.js';
import type { Session } from '../session/index.js';
import { BULK_ROWS, type ItemWrite, type StoredItem, type StoreTransaction } from '../store/index.js';
import { formatProblems, instant, type SourceProblem, YAML_MAX_BYTES } from '../workspace/index.js';
import { dueDateCalculator } from './due-dates.js';
import { parseSchedule } from './schedule-file.js';

/** A schedule file as it was read. */
export interface ScheduleFile {
  /** Decoded as UTF-8. */
  text: string;
  /** What messages call it. */
  fileName: string;
}

export interface ScheduleImport {
  /** False where the latest version is this very file: nothing was changed. */
  changed: boolean;
  /** Version that is in force now. */
  version: number;
  /** SHA-256, hex, of the file. */
  sha256: string;
  classes: number;
  items: {
    /** Items whose dates were computed again: all that are not disposed of. */
    checked: number;
    /** Items of which a date or defect is another one now. */
    changed: number;
    /** Items that have no due date now for lack of something. */
    defects: number;
  };
}

/**
 * Reads a schedule file, but never more of it than a schedule may have.
 *
 * @throws Fault `is-a-folder`, or the file system's error
 */
export async function readScheduleFile(path: string): Promise<ScheduleFile> {
  const handle = await open(path, 'r');
  try {
    if ((await handle.stat()).isDirectory()) {
      throw badInput('is-a-folder', `${path}: a file is expected, and this is a folder`, {
        hint: 'Give the path of the schedule file',
      });
    }
    const bytes = Buffer.alloc(YAML_MAX_BYTES + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      read = (await handle.read(bytes, length, bytes.length - length)).bytesRead;
    }
    return { text: bytes.toString('utf8', 0, length), fileName: basename(path) };
  } finally {
    await handle.close();
  }
}

/** The failure that lists every mistake of a schedule file. */
export function scheduleInvalid(fileName: string, problems: readonly SourceProblem[]): Fault {
  return badInput('schedule-invalid', formatProblems(fileName, problems), {
    hint: 'Correct the lines named above; nothing was changed',
    details: { problems },
  });
}

/**
 * Makes a schedule file the schedule in force: a new version, whose number is one more than the last; older versions
 * stay. The due dates of all items follow in the same transaction, and one entry is appended to the log. The very
 * file that is in force already changes nothing.
 *
 * @throws Fault `schedule-invalid` listing every mistake with line and column
 */
export async function importSchedule(session: Session, file: ScheduleFile): Promise<ScheduleImport> {
  const parsed = parseSchedule(file.text, file.fileName);
  if ('problems' in parsed) throw scheduleInvalid(file.fileName, parsed.problems);
  const { schedule } = parsed;
  const digest = sha256(file.text);
  const operator = await session.operator();
  return await session.store.transaction(async (transaction) => {
    const latest = await transaction.schedules.latest();
    const classes = schedule.classes.length;
    if (latest?.sha256 === digest) {
      const items = { checked: 0, changed: 0, defects: await transaction.items.count({ defective: true }) };
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
    const items = await recomputeDueDates(transaction, schedule, session.settings());
    await session.recorder.append(transaction, {
      action: 'schedule.import',
      outcome: 'done',
      subject: { schedule: String(version) },
      data: { sha256: digest, classes, items_changed: items.changed, items_defective: items.defects },
    });
    return { changed: true, version, sha256: digest, classes, items };
  });
}

/** The schedule in force; undefined before the first import. */
export async function currentSchedule(session: Pick<Session, 'store'>): Promise<StoredSchedule | undefined> {
  return await session.store.schedules.latest();
}

/** Writes only the dates that differ: a changed rule seldom reaches more than its class. */
async function recomputeDueDates(
  transaction: StoreTransaction,
  schedule: Schedule,
  settings: { fiscalYearEnd: string },
): Promise<ScheduleImport['items']> {
  const dueOf = dueDateCalculator(schedule, settings);
  const counts = { checked: 0, changed: 0, defects: 0 };
  const bulk = await transaction.items.bulkInsert();
  try {
    for await (const page of transaction.items.all({}, BULK_ROWS)) {
      const changed: ItemWrite[] = [];
      for (const item of page) {
        if (item.state === 'disposed') continue;
        const due = dueOf(item);
        counts.checked += 1;
        if (due.defect !== null) counts.defects += 1;
        if (!sameDue(item, due)) changed.push({ item, due, source: item.importedFrom });
      }
      await bulk.replace(changed);
      counts.changed += changed.length;
    }
    await bulk.close();
  } catch (error) {
    await bulk.abandon();
    throw error;
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
