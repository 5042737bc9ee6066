import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { badInput, type Fault, type Schedule } from '../model/index.js';
import { formatProblems, type SourceProblem, YAML_MAX_BYTES } from '../workspace/index.js';
import { parseScheduleCsv } from './schedule-csv.js';
import { type ParsedSchedule, parseSchedule } from './schedule-file.js';
import { readTemplate } from './schedule-templates.js';

/** A schedule file as it was read. */
export interface ScheduleFile {
  /** Decoded as UTF-8. */
  text: string;
  /** What messages call it; one that ends with `.csv` is CSV, any other YAML. */
  fileName: string;
  /** Name of the template that the text is, where it is one. */
  template?: string;
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

/**
 * A template where one is named, otherwise the file.
 *
 * @throws Fault `template-unknown`, `is-a-folder`, or the file system's error
 */
export async function readSchedule(source: {
  path: string;
  template: string | undefined;
}): Promise<ScheduleFile> {
  const { path, template } = source;
  if (template === undefined) return await readScheduleFile(path);
  return { text: readTemplate(template), fileName: `${template}.yaml`, template };
}

/** A schedule file, YAML or CSV, with every mistake in it. */
function checkSchedule({ text, fileName }: ScheduleFile): ParsedSchedule {
  return /\.csv$/i.test(fileName) ? parseScheduleCsv(text, fileName) : parseSchedule(text, fileName);
}

/** @throws Fault `schedule-invalid` listing every mistake with line and column */
export function parsedSchedule(file: ScheduleFile): Schedule {
  const parsed = checkSchedule(file);
  if ('problems' in parsed) throw scheduleInvalid(file.fileName, parsed.problems);
  return parsed.schedule;
}

/** The failure that lists every mistake of a schedule file. */
function scheduleInvalid(fileName: string, problems: readonly SourceProblem[]): Fault {
  return badInput('schedule-invalid', formatProblems(fileName, problems), {
    hint: 'Correct the lines named above; nothing was changed',
    details: { problems },
  });
}
