import { isAlias, isMap, isNode, isScalar, isSeq, type Node, type YAMLMap } from 'yaml';
import { closest } from './spelling.js';

/** A mistake at a place in the text; `absence` marks those that say that something is missing. */
export interface ReportedProblem {
  offset: number;
  /** Where in the document, such as `classes.payroll.retain[0].for`. */
  path: string;
  /** One sentence without a final period. */
  message: string;
  hint: string | null;
  absence: boolean;
}

export type Report = (problem: ReportedProblem) => void;

export interface KeyOptions {
  /** No problem where the key is missing. A key without a value is a problem all the same. */
  optional?: boolean;
}

export interface TextOptions extends KeyOptions {
  pattern?: RegExp;
  /** Completes `KEY must be …` where the pattern does not match. */
  expected?: string;
}

interface Entry {
  key: string;
  keyOffset: number;
  value: Node | null;
}

/**
 * A mapping of a YAML document, read key by key. Every method notes what is wrong and returns undefined, so
 * that one pass finds all mistakes. Keys that were asked for are the known ones; `refuseOtherKeys()` at the end
 * names the others.
 */
export class YamlMap {
  readonly path: string;
  readonly #offset: number;
  readonly #report: Report;
  /** By name; of a name that stands twice, which is reported elsewhere, the first. */
  readonly #entries = new Map<string, Entry>();
  readonly #all: Entry[] = [];
  readonly #known = new Set<string>();

  /** @param offset where its key is, or where it begins; problems of missing keys are reported there */
  constructor(node: YAMLMap, path: string, offset: number, report: Report) {
    this.path = path;
    this.#offset = offset;
    this.#report = report;
    for (const { key, value } of node.items) {
      const keyOffset = isNode(key) ? (key.range?.[0] ?? offset) : offset;
      const name = isScalar(key) && key.value !== null ? key.source : undefined;
      if (name === undefined || name === '') {
        if (!isAlias(key)) this.#note(keyOffset, path, 'A key must be plain text', 'Write key: value');
        continue;
      }
      const entry = { key: name, keyOffset, value: isNode(value) ? value : null };
      this.#all.push(entry);
      if (!this.#entries.has(name)) this.#entries.set(name, entry);
    }
  }

  /** Number of entries, whatever they are. */
  get size(): number {
    return this.#all.length;
  }

  has(key: string): boolean {
    this.#known.add(key);
    return this.#entries.has(key);
  }

  /** Text on one line without control characters, not empty. */
  text(key: string, options: TextOptions = {}): string | undefined {
    const entry = this.#entry(key, options);
    const value = entry && scalarOf(entry.value);
    if (!entry || value === ALREADY_REPORTED) return undefined;
    if (typeof value !== 'string') {
      const written = isScalar(entry.value) ? entry.value.source : undefined;
      const hint = written ? `Put it in quotes: ${key}: "${written}"` : null;
      this.problem(key, `must be text, not ${nameOfType(entry.value)}`, hint);
      return undefined;
    }
    if (value.trim() === '') return this.problem(key, 'is empty', null);
    if (/\p{Cc}/u.test(value)) return this.problem(key, 'must be text on one line', 'Write it on one line');
    if (options.pattern && !options.pattern.test(value)) {
      return this.problem(key, `must be ${options.expected ?? 'of another form'}`, null);
    }
    return value;
  }

  /** Text, or a number as it is written, for values that have a form of their own such as dates and periods. */
  textOrNumber(key: string): string | undefined {
    const value = this.#entries.get(key)?.value;
    if (isScalar(value) && typeof value.value === 'number') {
      this.#known.add(key);
      return value.source;
    }
    return this.text(key);
  }

  /** A whole number within bounds, both included. */
  integer(key: string, options: KeyOptions & { minimum: number; maximum: number }): number | undefined {
    const entry = this.#entry(key, options);
    const value = entry && scalarOf(entry.value);
    if (!entry || value === ALREADY_REPORTED) return undefined;
    const { minimum, maximum } = options;
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= minimum && value <= maximum)
      return value;
    const unbounded = maximum === Number.MAX_SAFE_INTEGER;
    const range = unbounded ? `of at least ${minimum}` : `from ${minimum} to ${maximum}`;
    return this.problem(key, `must be a whole number ${range}`, null);
  }

  boolean(key: string, options: KeyOptions = {}): boolean | undefined {
    const entry = this.#entry(key, options);
    const value = entry && scalarOf(entry.value);
    if (!entry || value === ALREADY_REPORTED) return undefined;
    return typeof value === 'boolean' ? value : this.problem(key, 'must be true or false', null);
  }

  /** One of a list of words, written exactly so. */
  choice<Word extends string>(
    key: string,
    words: readonly Word[],
    options: KeyOptions = {},
  ): Word | undefined {
    const entry = this.#entry(key, options);
    const value = entry && scalarOf(entry.value);
    if (!entry || value === ALREADY_REPORTED) return undefined;
    const found = words.find((word) => word === value);
    if (found !== undefined) return found;
    const meant = typeof value === 'string' ? closest(value, words) : undefined;
    const shown = typeof value === 'string' ? `, not ${excerpt(value)}` : '';
    return this.problem(
      key,
      `must be one of ${words.join(', ')}${shown}`,
      meant === undefined ? null : `Did you mean ${meant}?`,
    );
  }

  map(key: string, options: KeyOptions = {}): YamlMap | undefined {
    const entry = this.#entry(key, options);
    return entry && this.#asMap(entry.value, this.#pathOf(key), entry.keyOffset);
  }

  /** A list of texts, each on one line and not empty, with at least one in it. */
  texts(key: string, options: KeyOptions = {}): string[] | undefined {
    const entry = this.#entry(key, options);
    if (!entry || isAlias(entry.value)) return undefined;
    const values = isSeq(entry.value)
      ? entry.value.items.map((item) => scalarOf(isNode(item) ? item : null))
      : [];
    const texts = values.filter((value) => typeof value === 'string' && isOneLine(value));
    if (values.length === 0 || texts.length < values.length)
      return this.problem(key, 'must be a list of texts, none of them empty', 'Write it as ["one", "two"]');
    return texts as string[];
  }

  /** A list of mappings with at least one in it. */
  maps(key: string, options: KeyOptions = {}): YamlMap[] | undefined {
    const entry = this.#entry(key, options);
    if (!entry || isAlias(entry.value)) return undefined;
    if (!isSeq(entry.value)) {
      return this.problem(
        key,
        `must be a list, not ${nameOfType(entry.value)}`,
        'Begin each entry with "- "',
      );
    }
    const items = entry.value.items.map((item) => (isNode(item) ? item : null));
    if (items.length === 0) return this.problem(key, 'is an empty list', null);
    return items.flatMap((item, index) => {
      const offset = item?.range?.[0] ?? entry.keyOffset;
      return this.#asMap(item, `${this.#pathOf(key)}[${index}]`, offset) ?? [];
    });
  }

  /** All entries of a mapping whose keys are chosen by its author, such as ids; each value must be a mapping. */
  namedMaps(): { name: string; map: YamlMap }[] {
    return this.#all.flatMap(({ key, keyOffset, value }) => {
      this.#known.add(key);
      if (value === null || (isScalar(value) && value.value === null))
        return this.problem(key, 'has no value', null) ?? [];
      const map = this.#asMap(value, this.#pathOf(key), keyOffset);
      return map ? [{ name: key, map }] : [];
    });
  }

  /** Notes that the value of a key is wrong: `PATH predicate`. At the mapping itself where the key is missing. */
  problem(key: string, predicate: string, hint: string | null): undefined {
    const entry = this.#entries.get(key);
    const empty = entry?.value == null || (isScalar(entry.value) && entry.value.value === null);
    const offset = empty ? entry?.keyOffset : entry?.value?.range?.[0];
    this.#note(offset ?? this.#offset, this.#pathOf(key), `${this.#pathOf(key)} ${predicate}`, hint);
    return undefined;
  }

  /** Notes that a key itself is wrong: `PATH predicate`, at the key. */
  keyProblem(key: string, predicate: string, hint: string | null): undefined {
    const offset = this.#entries.get(key)?.keyOffset ?? this.#offset;
    this.#note(offset, this.#pathOf(key), `${this.#pathOf(key)} ${predicate}`, hint);
    return undefined;
  }

  /** Notes that something is missing here. */
  missing(key: string, hint: string | null = null): undefined {
    const message = `${this.#pathOf(key)} is missing`;
    this.#report({ offset: this.#offset, path: this.#pathOf(key), message, hint, absence: true });
    return undefined;
  }

  /** Notes every key that was never asked for, with the known one that it resembles. */
  refuseOtherKeys(): void {
    const known = [...this.#known];
    for (const { key, keyOffset } of this.#entries.values()) {
      if (this.#known.has(key)) continue;
      const meant = closest(
        key,
        known.filter((candidate) => !this.#entries.has(candidate)),
      );
      const hint = meant === undefined ? `Known here: ${known.join(', ')}` : `Did you mean ${meant}?`;
      this.#note(keyOffset, this.#pathOf(key), `${this.#pathOf(key)} is not a known key`, hint);
    }
  }

  #entry(key: string, options: KeyOptions): Entry | undefined {
    this.#known.add(key);
    const entry = this.#entries.get(key);
    if (!entry) return options.optional ? undefined : this.missing(key);
    const empty = entry.value === null || (isScalar(entry.value) && entry.value.value === null);
    return empty ? this.problem(key, 'has no value', null) : entry;
  }

  #asMap(value: Node | null, path: string, offset: number): YamlMap | undefined {
    if (isMap(value)) return new YamlMap(value, path, offset, this.#report);
    if (isAlias(value)) return undefined;
    const message = `${path} must be a mapping of keys, not ${nameOfType(value)}`;
    this.#note(value?.range?.[0] ?? offset, path, message, 'Write key: value lines, indented below it');
    return undefined;
  }

  #pathOf(key: string): string {
    const shown = excerpt(key).slice(1, -1);
    return this.path === '' ? shown : `${this.path}.${shown}`;
  }

  #note(offset: number, path: string, message: string, hint: string | null): void {
    this.#report({ offset, path, message, hint, absence: false });
  }
}

function isOneLine(text: string): boolean {
  return text.trim() !== '' && !/\p{Cc}/u.test(text);
}

/** An alias has been refused before; saying more about it would be noise. */
const ALREADY_REPORTED = Symbol('already reported');

function scalarOf(node: Node | null): unknown {
  if (isAlias(node)) return ALREADY_REPORTED;
  return isScalar(node) ? node.value : undefined;
}

function nameOfType(node: Node | null): string {
  if (isMap(node)) return 'a mapping';
  if (isSeq(node)) return 'a list';
  if (isScalar(node) && typeof node.value === 'number') return 'a number';
  if (isScalar(node) && typeof node.value === 'boolean') return 'true or false';
  return isScalar(node) && node.value !== null ? 'text' : 'nothing';
}

/** A word of the file in a message: on one line, and not longer than 40 characters. */
export function excerpt(text: string): string {
  const line = JSON.stringify(text.length > 40 ? `${text.slice(0, 39)}…` : text);
  return `\`${line.slice(1, -1)}\``;
}
