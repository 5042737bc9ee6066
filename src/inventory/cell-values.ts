import {
  type CalendarDate,
  MEDIA,
  type Medium,
  PI_ELEMENTS,
  type PiElement,
  subjectMistake,
} from '../model/index.js';
import { closest } from '../workspace/index.js';
import { CellMistake } from './cell-mistake.js';
import { type DateFormat, readDate } from './written-date.js';

/** A value, or why the text is none. */
export type Read<Value> = (text: string) => Value | CellMistake;

const LONGEST_CELL_BYTES = 65_536;
/** Most people whom one item can refer to: what a 32-bit column of the database holds. */
const MOST_SUBJECTS = 2_147_483_647;

const ID = /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$/;
const SOCIAL_SECURITY_NUMBER = /^\d{3}-\d{2}-\d{4}$/;
const CLASS = /^[a-z][a-z0-9-]{0,63}$/;

const NOT_PLAIN = /[^\x20-\x7e]/;
/** Controls and line separators, marks that turn the reading direction or cannot be seen, half characters. */
const UNREADABLE = /[\p{Cc}\p{Cs}\u200b\u200e\u200f\u061c\u2028-\u202e\u2060-\u2069\ufeff]/u;

/** What holds for every cell, whatever its column. */
export function checkText(text: string): CellMistake | undefined {
  if (NOT_PLAIN.test(text)) {
    const found = UNREADABLE.exec(text)?.[0];
    if (found !== undefined) return unreadable(found);
  }
  if (text.length > LONGEST_CELL_BYTES / 4 && Buffer.byteLength(text) > LONGEST_CELL_BYTES) {
    return new CellMistake(
      'is longer than 64 KiB',
      'Shorten it; a quote that is not closed also makes a cell long',
    );
  }
  return undefined;
}

function unreadable(character: string): CellMistake {
  if (character === '\n' || character === '\r') {
    return new CellMistake(
      'has a line break in it',
      'Put it on one line; or close the quote that is open before it',
    );
  }
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return new CellMistake(
    `has the control character U+${code} in it`,
    'Remove it; it cannot be seen in most programs',
  );
}

export function readId(text: string): string | CellMistake {
  const id = text.trim();
  if (id === '') return new CellMistake('is missing', 'Give every item an id of your own');
  if (SOCIAL_SECURITY_NUMBER.test(id)) {
    return new CellMistake(
      'is shaped like a Social Security number',
      'Ids are printed and logged: use one that says nothing',
    );
  }
  if (ID.test(id)) return id;
  return new CellMistake(
    id.length > 128 ? 'is longer than 128 characters' : 'is not an id',
    'Use letters A-Z a-z, digits and . _ : / - only, with a letter or digit first',
  );
}

/** Free text; accents are composed (NFC), so that the same name is the same text. An empty text is null. */
export function readText(text: string): string | null {
  const value = text.trim();
  if (value === '') return null;
  return NOT_PLAIN.test(value) ? value.normalize('NFC') : value;
}

export function readTitle(text: string): string | CellMistake {
  return readText(text) ?? new CellMistake('is missing', 'Say in a few words what the records are');
}

/** Ids of record classes, separated by semicolons; sorted, each once. */
export function readClasses(text: string): readonly string[] | CellMistake {
  const names = separated(text);
  if (names.every((name) => CLASS.test(name))) return sortedOnce(names);
  return new CellMistake(
    'is not an id of a record class',
    'Use the id from the schedule: up to 64 lower-case letters, digits and hyphens; several with a semicolon between',
  );
}

/** Opaque ids of people or cases, separated by semicolons; sorted, each once. */
export function readSubjects(text: string): readonly string[] | CellMistake {
  const names = separated(text);
  for (const name of names) {
    const mistake = subjectMistake(name);
    if (mistake !== undefined) return new CellMistake(mistake.reason, mistake.hint);
  }
  return sortedOnce(names);
}

function separated(text: string): string[] {
  return text
    .split(';')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

function sortedOnce(names: readonly string[]): readonly string[] {
  return names.length < 2 ? names : [...new Set(names)].toSorted();
}

export function readMedium(text: string): Medium | CellMistake {
  const value = text.trim().toLowerCase();
  if (isOneOf(MEDIA, value)) return value;
  if (value === '') return new CellMistake('is missing', `Write one of ${MEDIA.join(', ')}`);
  return new CellMistake('is not a medium', suggestion(value, MEDIA));
}

/** Elements of personal information, separated by semicolons, commas, bars or spaces; in the order of the law. */
export function readPiElements(text: string): readonly PiElement[] | CellMistake {
  const names = text.split(/[\s;,|]+/).filter((name) => name !== '');
  const found = new Set<string>();
  for (const name of names) {
    const plain = name.toLowerCase().replaceAll('-', '_');
    if (!isOneOf(PI_ELEMENTS, plain)) {
      return new CellMistake(
        'names something that is not an element of personal information',
        suggestion(plain, PI_ELEMENTS),
      );
    }
    found.add(plain);
  }
  return PI_ELEMENTS.filter((element) => found.has(element));
}

export function readDataSubjects(text: string): number | null | CellMistake {
  const value = text.trim();
  if (value === '') return null;
  const hint =
    'Write a whole number of people, 0 or more, in digits only; leave it empty where nobody has counted';
  if (!/^\d{1,15}$/.test(value)) return new CellMistake('is not a whole number', hint);
  if (Number(value) > MOST_SUBJECTS) return new CellMistake(`is more than ${MOST_SUBJECTS}`, hint);
  return Number(value);
}

export function dateReader(format: DateFormat): Read<CalendarDate | null> {
  return (text) => (text.trim() === '' ? null : readDate(text.trim(), format));
}

/** The same reader with a memory for columns whose few values come again and again. */
export function remembering<Value>(read: Read<Value>, most = 20_000): Read<Value> {
  const known = new Map<string, Value | CellMistake>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    const value = read(text);
    // A copy: a piece cut out of a text keeps the whole text in memory.
    if (known.size < most) known.set(Buffer.from(text).toString(), value);
    return value;
  };
}

/**
 * Spreadsheets run a cell that begins with = + - or @ as a formula. Exports put an apostrophe before such text,
 * and before text that already has apostrophes there, so that taking one away gives back exactly what it was.
 */
export function protectedText(text: string): string {
  return FORMULA.test(text) ? `'${text}` : text;
}

/** Takes away the apostrophe that {@link protectedText} puts in front. */
export function unprotected(text: string): string {
  return text.startsWith("'") && FORMULA.test(text) ? text.slice(1) : text;
}

const FORMULA = /^'*[=+\-@]/;

function isOneOf<Name extends string>(names: readonly Name[], value: string): value is Name {
  return (names as readonly string[]).includes(value);
}

function suggestion(value: string, names: readonly string[]): string {
  const near = closest(value, names);
  return near === undefined ? `Write one of ${names.join(', ')}` : `Did you mean ${near}?`;
}
