import { existsSync, fstatSync, lstatSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { badInput } from '../model/index.js';
import { nameProblem } from '../packing/index.js';
import { passphraseExists } from './passphrase-file.js';

export type SheetKind = 'text' | 'pdf' | 'none';

/** Where the files go that lie beside an encrypted file; null for what is not written. */
export interface CompanionPlaces {
  receipt: string | null;
  sheet: string | null;
}

/** What else encryption reads and writes. */
export interface Surroundings {
  cwd: string;
  /** Files and folders that are read; without `-`. */
  inputs: readonly string[];
  /** Canonical path of the encrypted file; null for a pipe. */
  output: string | null;
  passphraseTo: string | null;
  force: boolean;
}

/**
 * Decides where receipt and sheet go, and makes sure that nothing which is read, and nothing else which is written, is in
 * the same place: before anything is encrypted, so that a wrong word on the command line costs nothing.
 *
 * @param wanted.receipt what a person gave; null for beside the encrypted file
 * @throws Fault `output-folder-missing`, `output-exists`, `output-is-input`, `output-in-input`, `outputs-collide`,
 *   `output-name-unfit` (exit 2)
 */
export function companionPlaces(
  wanted: { receipt: string | null; sheet: SheetKind },
  around: Surroundings,
): CompanionPlaces {
  const { output, force } = around;
  const beside =
    output === null ? null : { receipt: `${output}.receipt.json`, sheet: sheetPath(output, wanted.sheet) };
  const receipt =
    wanted.receipt === null ? (beside?.receipt ?? null) : placed(wanted.receipt, '--receipt', around);
  const sheet = beside?.sheet ?? null;
  const passphrase =
    around.passphraseTo === null ? null : placed(around.passphraseTo, '--passphrase-to', around);
  const all = [
    ['the encrypted file', output],
    ['the receipt', receipt],
    ['the instruction sheet', sheet],
    ['the passphrase', passphrase],
  ] as const;
  if (output !== null) requireFitNames(output, all);
  requireDistinct(all);
  for (const [what, path] of [
    ['The receipt', receipt],
    ['The instruction sheet', sheet],
  ] as const) {
    if (path !== null) requireReplaceable(what, path, force);
  }
  if (passphrase !== null && isThere(passphrase)) throw passphraseExists();
  return { receipt, sheet };
}

/**
 * Refuses standard output that is one of the files which are read, or lies in a folder which is: what is written would be
 * read again, or would be written over what was read.
 *
 * @throws Fault `output-is-input`, `output-in-input` (exit 2)
 */
export function requireOutsideOfInputs(descriptor: number, inputs: readonly string[]): void {
  const out = fstatSync(descriptor, { bigint: true });
  if (!out.isFile()) return;
  for (const input of inputs) {
    const status = statSync(input, { bigint: true });
    if (status.dev === out.dev && status.ino === out.ino) throw isInput('standard output');
    const place = pathOf(descriptor);
    if (place !== undefined && status.isDirectory())
      requireOutside('Standard output', place, realpathSync(input));
  }
}

/**
 * Files and folders that are read: for standard input the file that it was redirected from.
 *
 * @param paths what a person gave; `-` for standard input
 */
export function filesRead(paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    if (path !== '-') return [path];
    const file = pathOf(process.stdin.fd);
    return file !== undefined && isFile(file) ? [file] : [];
  });
}

/** A pipe has a name there, too, that leads nowhere. */
function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/** Where an open file lies, as far as the operating system says it. */
function pathOf(descriptor: number): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return undefined;
  }
}

function sheetPath(output: string, kind: SheetKind): string | null {
  return kind === 'none' ? null : `${output}.how-to-open.${kind === 'pdf' ? 'pdf' : 'txt'}`;
}

/** Canonical path of what a person gave, apart from everything that is read. */
function placed(given: string, flag: string, { cwd, inputs }: Surroundings): string {
  const path = resolve(cwd, given);
  const folder = dirname(path);
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    throw badInput('output-folder-missing', `The folder for the file of ${flag} does not exist`, {
      hint: 'Make it first, or give another place; nothing was written',
    });
  }
  const place = join(realpathSync(folder), basename(path));
  for (const input of inputs) {
    if (isSame(place, realpathSync(input))) throw isInput(`the file of ${flag}`);
    requireOutside(`The file of ${flag}`, place, realpathSync(input));
  }
  return place;
}

/** In bytes, on nearly every file system. */
const LONGEST_NAME = 255;

/** The recipient has to read the name on the sheet and type it, on another system. */
function requireFitNames(output: string, places: readonly (readonly [string, string | null])[]): void {
  for (const [what, path] of places) {
    if (path === null || Buffer.byteLength(basename(path)) <= LONGEST_NAME) continue;
    throw badInput('output-name-unfit', `The name of ${what} is too long: over ${LONGEST_NAME} bytes`, {
      hint: 'Give a shorter name with -o: what lies beside the file has a longer one; nothing was written',
    });
  }
  const problem = nameProblem(basename(output));
  if (problem === null) return;
  throw badInput('output-name-unfit', `The name of the encrypted file ${problem}`, {
    hint: 'Give another name with -o, which the recipient can read and type; nothing was written',
  });
}

function requireDistinct(places: readonly (readonly [string, string | null])[]): void {
  const known = places.filter((place): place is [string, string] => place[1] !== null);
  for (const [at, [what, path]] of known.entries()) {
    const other = known.slice(at + 1).find(([, second]) => isSame(path, second));
    if (other === undefined) continue;
    throw badInput('outputs-collide', `There is one place for ${what} and for ${other[0]}`, {
      hint: 'Give each a file of its own; nothing was written',
    });
  }
}

function requireReplaceable(what: string, path: string, force: boolean): void {
  if (!isThere(path)) return;
  const file = lstatSync(path).isFile();
  if (file && force) return;
  throw badInput('output-exists', `${what} would replace what is there already`, {
    hint: file ? 'Give another name, or replace it with --force; nothing was written' : 'Give another place',
  });
}

function requireOutside(what: string, place: string, input: string): void {
  if (!place.startsWith(input.endsWith(sep) ? input : input + sep)) return;
  throw badInput('output-in-input', `${what} lies in the folder that is encrypted`, {
    hint: 'Give a place outside of it',
  });
}

function isInput(what: string): Error {
  return badInput('output-is-input', `A file that is read is ${what}, too`, {
    hint: 'Give another place; the original is left as it is',
  });
}

/** One path, or two names of one file. */
function isSame(one: string, other: string): boolean {
  if (one === other) return true;
  const [a, b] = [one, other].map((path) => statSync(path, { bigint: true, throwIfNoEntry: false }));
  return a !== undefined && b !== undefined && a.dev === b.dev && a.ino === b.ino;
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
