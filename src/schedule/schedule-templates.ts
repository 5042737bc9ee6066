import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { badInput, type Schedule } from '../model/index.js';
import { closest } from '../workspace/index.js';
import { parseSchedule } from './schedule-file.js';

/** A schedule to start from. */
export interface ScheduleTemplate {
  name: string;
  schedule: Schedule;
}

/** Templates are files of the package, found from its own name: the program runs from several folders of it. */
function folder(): string {
  const root = dirname(createRequire(import.meta.url).resolve('quietus/package.json'));
  return join(root, 'src', 'schedule', 'templates');
}

function names(): string[] {
  const files = readdirSync(folder()).filter((name) => name.endsWith('.yaml'));
  return files.map((name) => name.slice(0, -'.yaml'.length)).toSorted();
}

/** The templates in alphabetical order. */
export function scheduleTemplates(): ScheduleTemplate[] {
  return names().map((name) => {
    const parsed = parseSchedule(readTemplate(name), `${name}.yaml`);
    if ('problems' in parsed) throw new Error(`the template ${name} has mistakes`);
    return { name, schedule: parsed.schedule };
  });
}

/** The text of a template, YAML. @throws Fault `template-unknown` */
export function readTemplate(name: string): string {
  const known = names();
  if (known.includes(name)) return readFileSync(join(folder(), `${name}.yaml`), 'utf8');
  const meant = closest(name, known);
  throw badInput('template-unknown', 'There is no template of that name', {
    hint: meant === undefined ? `Templates: ${known.join(', ')}` : `Did you mean ${meant}?`,
  });
}
