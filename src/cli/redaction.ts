import { realpathSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { basename, resolve } from 'node:path';

interface Replacement {
  readonly text: string;
  readonly by: string;
}

/** Ids of our own making, short numbers and dates say nothing about a person, and errors are of little use without them. */
const HARMLESS = /^(?:[A-Za-z][A-Za-z0-9]*(?:[-_][A-Za-z0-9]+)*|\d{1,6}|\d{4}-\d\d-\d\d)$/;

/** Flags of every command that take no value: the word after them is an argument. */
const SWITCHES: ReadonlySet<string> = new Set(['--json', '--quiet', '--no-input', '--dry-run']);

/**
 * Makes a document that ends up in logs and tickets free of what was typed and of where the account lives:
 * file names can be names of people, and the home folder's name is the account's. Paths and other free text
 * from the command line become `<argument>` or `<value of --flag>`, the home folder becomes `~`.
 *
 * @param value any JSON value; keys are left as they are
 * @param argv the command line; none where only the home folder is to be hidden
 */
export function redacted<Value>(value: Value, argv: readonly string[] = []): Value {
  const replacements = [...typedReplacements(argv), ...homeReplacements()];
  return mapStrings(value, (text) =>
    replacements.reduce((done, replacement) => replaced(done, replacement), text),
  ) as Value;
}

function typedReplacements(argv: readonly string[]): Replacement[] {
  const found: Replacement[] = [];
  for (const [index, word] of argv.entries()) {
    const assigned = /^(--[a-z][a-z-]*)=(.*)$/s.exec(word);
    const before = argv[index - 1] ?? '';
    const takesValue = /^--[a-z][a-z-]*$/.test(before) && !SWITCHES.has(before);
    const flag = assigned?.[1] ?? (takesValue ? before : undefined);
    const text = assigned?.[2] ?? word;
    if (text.length < 3 || HARMLESS.test(text) || (assigned === null && text.startsWith('--'))) continue;
    const by = flag === undefined ? '<argument>' : `<value of ${flag}>`;
    for (const form of new Set([resolve(text), text, basename(text)])) {
      if (form.length >= 3 && !HARMLESS.test(form)) found.push({ text: form, by });
    }
  }
  return found.sort((a, b) => b.text.length - a.text.length);
}

function homeReplacements(): Replacement[] {
  const folders = new Set<string>();
  for (const folder of [
    process.env.HOME,
    process.env.USERPROFILE,
    tried(homedir),
    tried(() => userInfo().homedir),
  ]) {
    if (!folder) continue;
    folders.add(folder.replace(/[/\\]+$/, ''));
    folders.add(tried(() => realpathSync(folder)) ?? folder);
  }
  return [...folders]
    .filter((folder) => folder.length > 1)
    .sort((a, b) => b.length - a.length)
    .map((text) => ({ text, by: '~' }));
}

function tried<Result>(action: () => Result): Result | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}

/** Only whole names: `/home/ann` is not part of `/home/anna`. */
function replaced(text: string, { text: hidden, by }: Replacement): string {
  const [first = '', ...rest] = text.split(hidden);
  return rest.reduce((done, part) => {
    const whole = !/[\w-]$/.test(done) && !/^[\w-]/.test(part);
    return done + (whole ? by : hidden) + part;
  }, first);
}

function mapStrings(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((entry) => mapStrings(entry, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, mapStrings(entry, change)]));
}
