import type { Command } from '@oclif/core/command';
import type { Config } from '@oclif/core/config';
import { badInput, type Fault } from '../model/index.js';
import { asksForJson } from './arguments.js';
import { reportError } from './error-report.js';
import { nearest } from './suggestion.js';

interface CommandClass {
  id: string;
  new (argv: string[], config: Config): Command & { execute(): Promise<void> };
}

/** The whole program: what the build puts together from src/commands and package.json. */
export interface Program {
  /** Folder that holds package.json and oclif.manifest.json. */
  readonly root: string;
  readonly version: string;
  /** Commands by their ids as typed (`inventory list`). */
  readonly commands: Readonly<Record<string, () => Promise<{ default: CommandClass }>>>;
  /** Topics by name, with their descriptions. */
  readonly topics: Readonly<Record<string, string>>;
}

/**
 * Runs one command line and sets `process.exitCode`. The commands and topics are known from the build, so
 * oclif's own plugin and manifest loading is only needed for help.
 *
 * @param argv what follows the program's name
 */
export async function main(argv: readonly string[], program: Program): Promise<void> {
  const json = asksForJson(argv);
  watchOutput(json);
  try {
    await dispatch(argv, program, json);
  } catch (error) {
    process.exitCode = reportError(error, { json });
  }
}

async function dispatch(argv: readonly string[], program: Program, json: boolean): Promise<void> {
  const { global, rest } = leadingGlobalFlags(argv);
  if (rest[0] === 'help' || asksForHelp(rest)) {
    const words = rest.filter((word) => !word.startsWith('-'));
    return help(rest[0] === 'help' ? words.slice(1) : words, program, json);
  }
  const found = findCommand(rest, program);
  if (found !== undefined) {
    const { default: Found } = await found.load();
    Found.id = found.name.replaceAll(' ', ':');
    return new Found([...global, ...rest.slice(found.words)], minimalConfig(program)).execute();
  }
  const words = leadingWords(rest);
  if (rest.length === 0 || (words.length === 1 && isTopic(words[0] ?? '', program))) {
    if (!json) return help(words, program, json);
    throw commandMissing(words, program);
  }
  throw unknownCommand(words, program, json);
}

/** All that a command asks of oclif's configuration when its parser and life cycle are this program's own. */
function minimalConfig(program: Program): Config {
  const { root, version, topics } = program;
  return {
    bin: 'quietus',
    name: 'quietus',
    topicSeparator: ' ',
    root,
    version,
    topicDescriptions: topics,
  } as unknown as Config;
}

const SWITCHES = ['--json', '--quiet', '--no-input'];

/** Global flags may also stand before the command, where oclif would take them for the command's name. */
function leadingGlobalFlags(argv: readonly string[]): { global: string[]; rest: string[] } {
  const global: string[] = [];
  let index = 0;
  for (; index < argv.length; index += 1) {
    const word = argv[index] ?? '';
    const value = argv[index + 1];
    if (SWITCHES.includes(word) || word.startsWith('--workspace=')) {
      global.push(word);
    } else if (word === '--workspace' && value !== undefined) {
      global.push(word, value);
      index += 1;
    } else {
      break;
    }
  }
  return { global, rest: argv.slice(index) };
}

function asksForHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  const before = end === -1 ? argv : argv.slice(0, end);
  return before.includes('--help') || before.includes('-h');
}

/** The longest run of words at the front that names a command. */
function findCommand(argv: readonly string[], program: Program) {
  const words = leadingWords(argv);
  for (let count = Math.min(words.length, 3); count > 0; count -= 1) {
    const name = words.slice(0, count).join(' ');
    const load = Object.hasOwn(program.commands, name) ? program.commands[name] : undefined;
    if (load !== undefined) return { name, load, words: count };
  }
  return undefined;
}

function leadingWords(argv: readonly string[]): string[] {
  const end = argv.findIndex((word) => word.startsWith('-'));
  return end === -1 ? [...argv] : argv.slice(0, end);
}

function isTopic(name: string, program: Program): boolean {
  return Object.hasOwn(program.topics, name);
}

async function help(words: readonly string[], program: Program, json: boolean): Promise<void> {
  const found = findCommand(words, program);
  const topic = words[0] ?? '';
  if (found === undefined && words.length > 0 && !(isTopic(topic, program) && words.length === 1)) {
    throw unknownCommand(words, program, json);
  }
  const { showHelp } = await import('./help.js');
  await showHelp(found?.name ?? topic, program.root);
}

function commandMissing(words: readonly string[], program: Program): Fault {
  const topic = words[0];
  const names = Object.keys(program.commands).filter(
    (name) => topic === undefined || name.startsWith(`${topic} `),
  );
  return badInput(
    'command-missing',
    topic === undefined ? 'No command was given' : `quietus ${topic} needs a command`,
    {
      hint: `See quietus ${topic === undefined ? '' : `${topic} `}--help`,
      details: { commands: names },
    },
  );
}

/** What was typed is shown to people only: it may be a value that lost its flag. */
function unknownCommand(words: readonly string[], program: Program, json: boolean): Fault {
  const topic = isTopic(words[0] ?? '', program) ? words[0] : undefined;
  const typed = words.slice(0, 2).join(' ');
  const suggestion =
    nearest(typed, Object.keys(program.commands)) ??
    nearest(words[0] ?? '', [...Object.keys(program.commands), ...Object.keys(program.topics)]);
  const shown = topic === undefined ? (words[0] ?? '') : typed;
  return badInput('unknown-command', json ? 'There is no such command' : `There is no command ${shown}`, {
    hint: `${suggestion === undefined ? '' : `Did you mean quietus ${suggestion}? `}See quietus ${
      topic === undefined ? '' : `${topic} `
    }--help`,
    details: suggestion === undefined ? {} : { suggestion },
  });
}

/**
 * A reader that goes away (`quietus inventory list | head`) ends the output, not the run: what was begun is
 * finished and recorded. Every other failure that nobody caught is told in the one form.
 */
function watchOutput(json: boolean): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // EIO is what a terminal that was closed answers.
      if (error.code !== 'EPIPE' && !(error.code === 'EIO' && stream.isTTY)) throw error;
    });
  }
  const fail = (error: unknown): void => {
    process.exit(reportError(error, { json }));
  };
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
}
