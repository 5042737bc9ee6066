import { randomBytes } from 'node:crypto';
import { existsSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, extname, join, resolve, sep } from 'node:path';
import { badInput, type CalendarDate } from '../model/index.js';

/**
 * A name that says nothing of the content: `transfer-2026-11-22-7f3a`, with the extension that the content needs to
 * be opened by the right program.
 *
 * @param inner such as `.csv` or `.tar`; left out where it could tell anything
 */
export function neutralName(today: CalendarDate, inner: string): string {
  const safe = /^(?:\.[a-z0-9]{1,8}){0,2}$/.test(inner) ? inner : '';
  return `transfer-${today}-${randomBytes(2).toString('hex')}${safe}`;
}

/** Extension of a single file, in lower case. */
export function innerExtension(path: string): string {
  return extname(path).toLowerCase();
}

/**
 * Where the encrypted file goes.
 *
 * @param output what a person gave; null for a neutral name in the current folder; a folder takes that name, too
 * @throws Fault `output-folder-missing`, `output-exists`, `output-is-input`, `output-in-input` (exit 2)
 */
export function outputPath(
  output: string | null,
  options: { cwd: string; name: string; force: boolean; inputs: readonly string[] },
): string {
  const { cwd, name, force, inputs } = options;
  const given = output === null ? join(cwd, name) : resolve(cwd, output);
  const path = isFolder(given) ? join(given, name) : given;
  const folder = dirname(path);
  if (!isFolder(folder)) {
    throw badInput('output-folder-missing', 'The folder for the output does not exist', {
      hint: 'Make it first, or give another place with -o',
    });
  }
  const place = join(realpathSync(folder), basename(path));
  for (const input of inputs) requireApart(place, realpathSync(input));
  if (existsSync(place)) requireReplaceable(place, force);
  return place;
}

function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}

function requireReplaceable(path: string, force: boolean): void {
  if (!statSync(path).isFile()) {
    throw badInput('output-exists', 'What is at the output is no file', {
      hint: 'Give another place with -o',
    });
  }
  if (force) return;
  throw badInput('output-exists', 'There is a file of that name already', {
    hint: 'Give another name with -o, or replace it with --force',
  });
}

function requireApart(output: string, input: string): void {
  const same = output === input || (existsSync(output) && sameFile(output, input));
  if (same) {
    throw badInput('output-is-input', 'The output is the file that is read', {
      hint: 'Give another name with -o; the original is left as it is',
    });
  }
  if (output.startsWith(input.endsWith(sep) ? input : input + sep)) {
    throw badInput('output-in-input', 'The output lies in the folder that is encrypted', {
      hint: 'Give a place outside of it with -o',
    });
  }
}

function sameFile(one: string, other: string): boolean {
  const [a, b] = [statSync(one, { bigint: true }), statSync(other, { bigint: true })];
  return a.dev === b.dev && a.ino === b.ino;
}
