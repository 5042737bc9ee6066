import { stripVTControlCharacters } from 'node:util';
import { badInput, Fault } from '../model/index.js';
import { nearest } from './suggestion.js';

/** The part of oclif's flag definition that errors speak of. */
export interface FlagShape {
  readonly type?: string;
  readonly char?: string | undefined;
  readonly options?: readonly string[] | undefined;
  readonly min?: unknown;
  readonly max?: unknown;
}

export interface ArgumentShape {
  readonly required?: boolean | undefined;
  readonly options?: readonly string[] | undefined;
}

export interface ParseContext {
  /** The command line after the command. */
  readonly argv: readonly string[];
  readonly flags: Readonly<Record<string, FlagShape>>;
  readonly args: Readonly<Record<string, ArgumentShape>>;
  readonly command: string;
  /** Name an unknown flag as it was typed: for people only, never with `--json`. */
  readonly showTyped: boolean;
}

/** The fields that oclif's parser puts on its errors, as far as they are used here. */
interface ParserError extends Error {
  readonly args?: readonly unknown[];
}

/**
 * An error of oclif's parser as a Fault with exit code 2. The parser's own messages repeat what was typed,
 * which can be somebody's name or number, so they are written anew from the definitions. An error that is not
 * the parser's comes back unchanged.
 */
export function parseFailure(error: unknown, context: ParseContext): unknown {
  if (!(error instanceof Error)) return error;
  // The value of a misspelled flag is taken for an argument, and then it is the argument that looks wrong.
  const unknown = firstUnknownFlag(context);
  if (unknown !== undefined) return unknownFlag(unknown, context);
  if (error instanceof Fault) return withoutDecoration(error);
  // The parser's classes are not exported and a bundler may rename them; their texts are stable in the pinned
  // version, and the tests go through every one.
  const text = stripVTControlCharacters(error.message);
  for (const [pattern, explain] of EXPLANATIONS) {
    const match = pattern.exec(text);
    if (match !== null) return explain({ match, error, context });
  }
  return 'oclif' in error ? invalid('The command line is not valid', context) : error;
}

interface Failure {
  readonly match: RegExpExecArray;
  readonly error: ParserError;
  readonly context: ParseContext;
}

const EXPLANATIONS: readonly (readonly [RegExp, (failure: Failure) => Fault])[] = [
  [/^Unexpected argument/, tooManyArguments],
  [/^Missing \d+ required arg/, missingArguments],
  [/^Parsing --([\w-]+) /, badValue],
  [/^Expected --([\w-]+)=[\s\S]* to be one of: /, badValue],
  [/^Flag --([\w-]+) can only be specified once/, givenTwice],
  [/^Flag --([\w-]+) expects/, missingValue],
  [/^Expected [\s\S]* to be one of: /, badArgument],
  [/^Expected (?:an integer|a valid url)/, badArgument],
  [/^The following errors? occurred/, flagsThatDoNotFit],
];

/** A Fault of a flag's own `parse`: oclif prefixes its message in place. */
function withoutDecoration(fault: Fault): Fault {
  const match = /^Parsing --([\w-]+) \n\t([\s\S]*)\nSee more help with --help$/.exec(fault.message);
  if (match === null) return fault;
  return new Fault(fault.code, fault.exitCode, `--${match[1]}: ${match[2]}`, {
    cause: fault.cause,
    ...(fault.hint === undefined ? {} : { hint: fault.hint }),
    ...(fault.details === undefined ? {} : { details: fault.details }),
  });
}

function firstUnknownFlag({ argv, flags }: ParseContext): string | undefined {
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index] ?? '';
    if (word === '--') return undefined;
    if (!/^-[^\d]/.test(word)) continue;
    const name = word.split('=')[0] ?? '';
    const known = Object.entries(flags).find(
      ([key, { char }]) =>
        name === `--${key}` || name === `--no-${key}` || (char !== undefined && name.startsWith(`-${char}`)),
    );
    if (known === undefined) return word;
    if (known[1].type === 'option' && !word.includes('=')) index += 1;
  }
  return undefined;
}

function unknownFlag(typed: string, context: ParseContext): Fault {
  const name = typed.split('=')[0] ?? '';
  const meant = name.startsWith('--') ? nearest(name.slice(2), Object.keys(context.flags)) : undefined;
  return badInput('unknown-flag', context.showTyped ? `There is no flag ${name}` : 'There is no such flag', {
    hint: `${meant === undefined ? '' : `Did you mean --${meant}? `}${seeHelp(context)}`,
    details: meant === undefined ? {} : { suggestion: `--${meant}` },
  });
}

function tooManyArguments({ error, context }: Failure): Fault {
  const expected = Object.keys(context.args).length;
  const given = expected + (error.args?.length ?? 1);
  const takes = expected === 0 ? 'no arguments' : counted(expected, 'argument');
  return invalid(`This command takes ${takes}, and ${given} ${given === 1 ? 'was' : 'were'} given`, context);
}

function missingArguments({ error, context }: Failure): Fault {
  const missing = (error.args ?? []).length;
  const required = Object.entries(context.args).filter(([, definition]) => definition.required);
  const names = required.slice(required.length - missing).map(([name]) => name.toUpperCase());
  return badInput('argument-missing', `${names.join(' and ')} ${names.length === 1 ? 'is' : 'are'} missing`, {
    hint: seeHelp(context),
    details: { missing: names },
  });
}

function badValue({ match, context }: Failure): Fault {
  const name = match[1] ?? '';
  return badInput('flag-value', `The value of --${name} is not ${expectation(context.flags[name])}`, {
    hint: seeHelp(context),
    details: { flag: `--${name}`, ...allowed(context.flags[name]) },
  });
}

function missingValue({ match, context }: Failure): Fault {
  const name = match[1] ?? '';
  const expected = expectation(context.flags[name]);
  const what = expected === ANYTHING ? '' : `: ${expected}`;
  return badInput('flag-value', `--${name} needs a value${what}`, {
    hint: seeHelp(context),
    details: { flag: `--${name}`, ...allowed(context.flags[name]) },
  });
}

function givenTwice({ match, context }: Failure): Fault {
  return badInput('flag-twice', `--${match[1]} is given more than once`, {
    hint: seeHelp(context),
    details: { flag: `--${match[1]}` },
  });
}

function badArgument({ error, match, context }: Failure): Fault {
  const choices = Object.entries(context.args).find(([, definition]) => definition.options !== undefined);
  if (choices !== undefined && match[0].includes(' to be one of')) {
    const [name, definition] = choices;
    return badInput('argument-value', `${name.toUpperCase()} is not ${expectation(definition)}`, {
      hint: seeHelp(context),
      details: allowed(definition),
    });
  }
  const [only, ...others] = Object.keys(context.args);
  if (only !== undefined && others.length === 0 && match[0].endsWith('an integer')) {
    const least = /greater than or equal to (\d+)/.exec(error.message)?.[1];
    const what = `a whole number${least === undefined ? '' : ` of ${least} or more`}`;
    return badInput('argument-value', `${only.toUpperCase()} is not ${what}`, { hint: seeHelp(context) });
  }
  return badInput('argument-value', 'An argument is not valid', { hint: seeHelp(context) });
}

/** Rules between flags. The reasons may hold values, so only the names of known flags are taken from them. */
function flagsThatDoNotFit({ error, context }: Failure): Fault {
  const text = error.message;
  const required = [...text.matchAll(/Missing required flag ([\w-]+)/g)].map((match) => `--${match[1]}`);
  if (required.length > 0) {
    return badInput(
      'flag-missing',
      `${required.join(' and ')} ${required.length === 1 ? 'is' : 'are'} missing`,
      {
        hint: seeHelp(context),
        details: { missing: required },
      },
    );
  }
  const named = [...new Set([...text.matchAll(/--([\w-]+)/g)].map((match) => match[1] ?? ''))]
    .filter((name) => name in context.flags)
    .map((name) => `--${name}`);
  const flags = named.join(', ');
  const details = { flags: named };
  const hint = seeHelp(context);
  if (/Exactly one of the following must be provided/.test(text)) {
    return badInput('flag-missing', `Exactly one of these flags is needed: ${flags}`, { hint, details });
  }
  if (/At least one of the following must be provided/.test(text)) {
    return badInput('flag-missing', `At least one of these flags is needed: ${flags}`, { hint, details });
  }
  if (/(?:All|One) of the following must be provided when using/.test(text)) {
    return badInput('flag-missing', `These flags only work together: ${flags}`, { hint, details });
  }
  return badInput('flags-exclusive', `These flags cannot be used together: ${flags}`, { hint, details });
}

const ANYTHING = 'what this flag takes';

function expectation(definition: FlagShape | ArgumentShape | undefined): string {
  if (definition?.options !== undefined) return `one of ${definition.options.join(', ')}`;
  const { min, max } = (definition ?? {}) as FlagShape;
  if (typeof min === 'number' && typeof max === 'number') return `a whole number from ${min} to ${max}`;
  if (typeof min === 'number') return `a whole number of ${min} or more`;
  if (typeof max === 'number') return `a whole number of ${max} or less`;
  return ANYTHING;
}

function allowed(definition: FlagShape | ArgumentShape | undefined): Record<string, unknown> {
  return definition?.options === undefined ? {} : { allowed: definition.options };
}

function invalid(message: string, context: ParseContext): Fault {
  return badInput('command-line', message, { hint: seeHelp(context) });
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function seeHelp(context: ParseContext): string {
  return `See quietus ${context.command} --help`;
}
