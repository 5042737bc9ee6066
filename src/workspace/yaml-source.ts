import {
  Composer,
  CST,
  type Document,
  isMap,
  isScalar,
  Lexer,
  type Node,
  Parser,
  visit,
  type YAMLParseError,
} from 'yaml';
import { SourceText } from './source-text.js';
import { excerpt, type Report, type ReportedProblem, YamlMap } from './yaml-map.js';

export { closest, editDistance } from './spelling.js';
export { excerpt, type KeyOptions, type TextOptions, YamlMap } from './yaml-map.js';

/** Largest text that is read, in bytes of UTF-8, and deepest nesting: a settings file is a page, not a database. */
export const YAML_MAX_BYTES = 1024 * 1024;
const YAML_MAX_DEPTH = 32;

/** One mistake in a file that a person wrote. Never more of the file's content than the wrong word itself. */
export interface SourceProblem {
  /** From 1; always a line of the file. */
  line: number;
  /** From 1, in UTF-16 code units; 1 where the whole line is meant. */
  column: number;
  /** Where in the document, such as `classes.payroll.retain[0].for`; empty for the document itself. */
  path: string;
  /** One sentence without a final period. */
  message: string;
  /** What to do about it; null where the message says it. */
  hint: string | null;
}

/** A YAML text that was read, with every mistake that has been found in it so far. */
export class YamlSource {
  readonly #text: SourceText;
  readonly #contents: Node | null;
  readonly #syntax: readonly ReportedProblem[];
  readonly #meaning: ReportedProblem[] = [];
  /** What comes after the first break of the syntax may have been misunderstood. */
  readonly #trustedUpTo: number;

  /** Made by {@link readYaml} only. */
  constructor(
    text: SourceText,
    contents: Node | null,
    syntax: readonly ReportedProblem[],
    trustedUpTo: number,
  ) {
    this.#text = text;
    this.#contents = contents;
    this.#syntax = syntax;
    this.#trustedUpTo = trustedUpTo;
  }

  /** The document as a mapping; undefined, with the problem noted, where it is anything else. */
  map(): YamlMap | undefined {
    const report: Report = (problem) => this.#meaning.push(problem);
    if (isMap(this.#contents)) return new YamlMap(this.#contents, '', this.#contents.range?.[0] ?? 0, report);
    if (this.#contents === null) return undefined;
    report({
      offset: this.#contents.range?.[0] ?? 0,
      path: '',
      message: 'The file must begin with a key, such as version: 1',
      hint: 'Write key: value, with a space after the colon',
      absence: false,
    });
    return undefined;
  }

  /**
   * All mistakes found up to now, in the order of the file. Where the syntax is broken, mistakes in the meaning
   * are told only for the part before the break, and nothing is called missing: what follows it cannot be trusted.
   */
  problems(): readonly SourceProblem[] {
    const broken = this.#trustedUpTo < Number.POSITIVE_INFINITY;
    const meaning = this.#meaning.filter(
      (problem) => !broken || (problem.offset < this.#trustedUpTo && !problem.absence),
    );
    return [...this.#syntax, ...meaning]
      .toSorted((a, b) => a.offset - b.offset)
      .map(({ offset, path, message, hint }) => ({ ...this.#text.position(offset), path, message, hint }));
  }
}

/**
 * Reads a YAML 1.2 text (core schema) that a person wrote. Anchors, aliases, tags, directives, merge keys, a
 * second document, duplicate keys and tabs are mistakes, so that what is read is what a reader sees.
 *
 * @param text at most {@link YAML_MAX_BYTES} as UTF-8; a byte order mark is passed over
 * @param fileName what messages call it
 * @returns the source; ask it for `map()`, then for `problems()`. Never throws for a mistake in the text
 */
export function readYaml(text: string, fileName: string): YamlSource {
  const only = (message: string, hint: string, shown = '') =>
    new YamlSource(new SourceText(shown), null, [mistake(0, message, hint)], 0);
  if (Buffer.byteLength(text, 'utf8') > YAML_MAX_BYTES) {
    return only(`${fileName} is larger than ${YAML_MAX_BYTES} bytes`, 'Check that this is the right file');
  }
  if (text.includes('\0')) return only(`${fileName} is not UTF-8 text`, 'Save the file as UTF-8 text');
  const source = new SourceText(text);
  const refusedTokens: ReportedProblem[] = [];
  try {
    const composer = new Composer({
      prettyErrors: false,
      uniqueKeys: false,
      merge: false,
      logLevel: 'silent',
    });
    const documents = [...composer.compose(tokens(source, refusedTokens), true, source.parsed.length)];
    const first = documents[0];
    if (first === undefined || (first.contents === null && first.errors.length === 0)) {
      return only(`${fileName} is empty`, 'Check that this is the right file');
    }
    const broken = source.tabs.length > 0 && first.errors.length > 0 ? [] : syntaxErrors(first, source);
    const trustedUpTo = Math.min(
      Number.POSITIVE_INFINITY,
      ...first.errors.filter(isBreak).map((e) => e.pos[0]),
    );
    const tabs = source.tabs.map((offset) => mistake(offset, ...TAB));
    const all = [...tabs, ...badCharacters(source.parsed), ...refusedTokens, ...broken];
    const second = documents[1];
    if (second)
      all.push(mistake(second.range[0], 'A second document begins here', 'Keep one document in the file'));
    all.push(...duplicateKeys(first, source));
    return new YamlSource(source, first.contents, all, trustedUpTo);
  } catch (error) {
    if (!(error instanceof TooDeep)) throw error;
    const message = `The nesting is deeper than ${YAML_MAX_DEPTH} levels`;
    return new YamlSource(
      source,
      null,
      [mistake(error.offset, message, 'Check that this is the right file')],
      0,
    );
  }
}

/**
 * All problems as the lines that a person reads: `FILE:LINE:COLUMN  MESSAGE`, each with its hint below it.
 *
 * @param limit problems after this many are counted instead of printed
 */
export function formatProblems(fileName: string, problems: readonly SourceProblem[], limit = 50): string {
  const count = problems.length === 1 ? 'one mistake' : `${problems.length} mistakes`;
  const shown = problems.slice(0, limit).flatMap(({ line, column, message, hint }) => {
    const where = `  ${fileName}:${line}:${column}  ${message}`;
    return hint === null ? [where] : [where, `      ${hint}`];
  });
  const rest = problems.length - limit;
  return [`${fileName} has ${count}`, ...shown, ...(rest > 0 ? [`  and ${rest} more`] : [])].join('\n');
}

const TAB = ['A tab is used for indentation', 'Indent with spaces, two for each level'] as const;

class TooDeep extends Error {
  constructor(readonly offset: number) {
    super('too deep');
  }
}

const REFUSED: Readonly<Record<string, readonly [string, string]>> = {
  anchor: [
    'Anchors (&name) are not used in this file',
    'Remove it, and write the values out where they are needed',
  ],
  alias: ['Aliases (*name) are not used in this file', 'Write the value out, or put the text in quotes'],
  tag: ['Tags (!name) are not used in this file', 'Remove the tag, or put the text in quotes'],
  'directive-line': ['Directives (%NAME) are not used in this file', 'Remove the line'],
};

/** The parser's tokens. The depth is checked here, because composing them into a tree recurses. */
function* tokens(source: SourceText, found: ReportedProblem[]): Generator<CST.Token> {
  const parser = new Parser();
  let previous = '';
  for (const lexeme of new Lexer().lex(source.parsed)) {
    const refused = previous === CST.SCALAR ? undefined : REFUSED[CST.tokenType(lexeme) ?? ''];
    if (refused) found.push(mistake(parser.offset, ...refused));
    yield* parser.next(lexeme);
    if (parser.stack.length > YAML_MAX_DEPTH) throw new TooDeep(parser.offset);
    previous = lexeme;
  }
  yield* parser.end();
}

/** Errors after which the tree may be another one than its author meant; a wrong tag or alias is none. */
function isBreak(error: YAMLParseError): boolean {
  return error.code !== 'TAG_RESOLVE_FAILED' && error.code !== 'BAD_ALIAS';
}

const NO_KEY = ['This is not a key with a value', 'Write key: value, with a space after the colon'] as const;

const SYNTAX: Readonly<Partial<Record<YAMLParseError['code'], readonly [string, string]>>> = {
  BLOCK_AS_IMPLICIT_KEY: [
    'A value begins here that has a colon of its own',
    'Put the text in quotes, or begin the nested keys on a line of their own',
  ],
  MULTILINE_IMPLICIT_KEY: [
    'This is not a key with a value',
    'Write key: value, with a space after the colon',
  ],
  BAD_SCALAR_START: ['Text cannot begin with this character', 'Put the text in quotes'],
  BLOCK_IN_FLOW: ['A bracket before this is not closed', 'Close every { and ['],
  UNEXPECTED_TOKEN: ['This does not belong here', 'Check the quotes, brackets and commas before it'],
  BAD_INDENT: [
    'The indentation does not fit the lines above, or a bracket is not closed',
    'Begin all keys of one level in the same column, and close every { and [',
  ],
};

/** One for each line: what the parser says further on in a line it could not read is about its own guesses. */
function syntaxErrors(document: Document.Parsed, source: SourceText): ReportedProblem[] {
  const lines = new Set<number>();
  return document.errors
    .filter(isBreak)
    .map((error) => syntaxError(document, error))
    .filter(({ offset }) => {
      const { line } = source.position(offset);
      return !lines.has(line) && lines.add(line);
    });
}

function syntaxError(document: Document.Parsed, error: YAMLParseError): ReportedProblem {
  const offset = error.pos[0];
  const known = SYNTAX[error.code];
  if (known) return mistake(offset, ...known);
  if (error.code === 'MISSING_CHAR' && error.message.startsWith('Implicit'))
    return mistake(offset, ...NO_KEY);
  if (error.code === 'MISSING_CHAR' && error.message.includes('quote')) {
    const start = openQuote(document, offset);
    return mistake(start, 'The quotation mark that opens here is not closed', 'Close it on the same line');
  }
  return mistake(offset, withoutContent(error.message), null);
}

/** Some of the parser's messages end with the text that it could not read. */
function withoutContent(message: string): string {
  const line = message.split('\n', 1)[0] ?? '';
  return line
    .replace(/^(Not a YAML token|(?:Unexpected|Unresolved|Invalid)\b[^:]*):.*$/u, '$1')
    .replace(/[\s.:]+$/u, '');
}

/** The parser reports an open quote at the end of the file; a person looks for where it opens. */
function openQuote(document: Document.Parsed, end: number): number {
  let start = end;
  visit(document, {
    Scalar(_key, node) {
      const quoted = node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE';
      if (quoted && node.range && node.range[0] < end && node.range[2] >= end) start = node.range[0];
    },
  });
  return start;
}

function duplicateKeys(document: Document.Parsed, source: SourceText): ReportedProblem[] {
  const found: ReportedProblem[] = [];
  visit(document, {
    Map(_key, map) {
      const first = new Map<string, number>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        const [name, offset] = [key.source ?? '', key.range?.[0] ?? 0];
        const earlier = first.get(name);
        if (earlier === undefined) first.set(name, offset);
        else {
          const line = source.position(earlier).line;
          found.push(
            mistake(
              offset,
              `The key ${excerpt(name)} is already on line ${line}`,
              'Remove one, or rename it',
            ),
          );
        }
      }
    },
  });
  return found;
}

function badCharacters(text: string): ReportedProblem[] {
  for (let offset = 0; offset < text.length; offset += 1) {
    const code = text.charCodeAt(offset);
    const control = (code < 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d) || code === 0x7f;
    if (control) return [mistake(offset, 'A control character is in the text', 'Remove it')];
    if (code === 0xfffd) return [mistake(offset, 'A character is not UTF-8', 'Save the file as UTF-8 text')];
  }
  return [];
}

function mistake(offset: number, message: string, hint: string | null): ReportedProblem {
  return { offset, path: '', message, hint, absence: false };
}
