import { closeSync, fstatSync, openSync, read } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { badInput, interrupted } from '../model/index.js';

/** Where a question is asked: whether anybody is there to answer, and what calls the question off. */
export interface PromptSurroundings {
  readonly interactive: boolean;
  watchWhile<Result>(action: (signal: AbortSignal) => Promise<Result>): Promise<Result>;
  note(text: string): void;
}

export interface ConfirmRequest {
  /** What must be typed: the id of a plan, the base name of a path, the serial number of a device. */
  readonly expected: string;
  /** The value of `--confirm`, when it was given. */
  readonly given: string | undefined;
  /** What is about to happen, e.g. `This overwrites and removes 12 files.` */
  readonly question: string;
}

export interface PassphraseRequest {
  /** The value of `--passphrase-file`, when it was given. `/dev/fd/3` and the like work. */
  readonly file: string | undefined;
  /** The question on a terminal, e.g. `Passphrase of your operator key`. */
  readonly prompt: string;
  /** Ask twice: for a passphrase that is being chosen. */
  readonly confirm?: boolean;
  /** Throws where it cannot be taken, before it is asked for again. */
  readonly check?: (passphrase: string) => void;
  /** The flag to name in errors. Default: `--passphrase-file`. */
  readonly flag?: string;
}

interface Question {
  readonly question: string;
  /** The flag that answers the question without a terminal, with its value's name: `--timezone ZONE`. */
  readonly flag: string;
}

export interface TextQuestion extends Question {
  readonly default?: string;
  /** True, or what is wrong with the answer. */
  readonly validate?: (answer: string) => true | string;
}

export interface ChoiceQuestion<Value> extends Question {
  readonly choices: readonly {
    readonly value: Value;
    readonly name: string;
    readonly description?: string;
  }[];
  readonly default?: Value;
}

export interface YesNoQuestion extends Question {
  readonly default?: boolean;
}

const LONGEST_PASSPHRASE = 4096;

/** See `QuietusCommand.confirm`. */
export async function requireConfirmation(
  request: ConfirmRequest,
  around: PromptSurroundings,
): Promise<void> {
  const { expected, given } = request;
  const flag = `--confirm ${shellWord(expected)}`;
  if (given !== undefined) {
    if (given === expected) return;
    throw badInput(
      'confirmation-wrong',
      'The value of --confirm is not what this run asks for; nothing was done',
      {
        hint: `Check that this is what you mean to do, then give ${flag}`,
        details: { expected },
      },
    );
  }
  if (!around.interactive) {
    throw badInput('confirmation-needed', 'This needs a confirmation; nothing was done', {
      hint: `Add ${flag}`,
      details: { expected },
    });
  }
  around.note(request.question);
  const typed = await ask(around, async (context) => {
    const { input } = await import('@inquirer/prompts');
    return input({ message: `Type ${expected} to go on:` }, context);
  });
  if (typed.trim() === expected) return;
  throw badInput('confirmation-wrong', 'The answer is not what was asked for; nothing was done', {
    hint: `Run it again and type ${expected}`,
    details: { expected },
  });
}

/** See `QuietusCommand.passphrase`. */
export async function requirePassphrase(
  request: PassphraseRequest,
  around: PromptSurroundings,
): Promise<string> {
  const flag = request.flag ?? '--passphrase-file';
  if (request.file !== undefined) {
    const passphrase = await passphraseFrom(request.file, flag, around);
    // What is chosen now could never be typed, and whoever wrote the file hardly means the second line, too.
    if (request.confirm && /[\r\n]/.test(passphrase)) throw severalLines(flag);
    return passphrase;
  }
  if (!around.interactive) {
    throw badInput('passphrase-needed', 'A passphrase is needed and there is no terminal to ask for it', {
      hint: `Add ${flag} FILE (a descriptor such as /dev/fd/3 works too)`,
    });
  }
  const first = await askPassphrase(request.prompt, around);
  if (first === '') throw emptyPassphrase('Type at least one character');
  request.check?.(first);
  if (request.confirm && (await askPassphrase('The same passphrase again', around)) !== first) {
    throw badInput('passphrase-mismatch', 'The two passphrases are not the same', { hint: 'Run it again' });
  }
  return first;
}

/** See `QuietusCommand.askText`. */
export async function requireText(question: TextQuestion, around: PromptSurroundings): Promise<string> {
  requireTerminal(question, around);
  return ask(around, async (context) => {
    const { input } = await import('@inquirer/prompts');
    const { default: fallback, validate } = question;
    return input(
      {
        message: question.question,
        ...(fallback === undefined ? {} : { default: fallback }),
        ...(validate === undefined ? {} : { validate }),
      },
      context,
    );
  });
}

/** See `QuietusCommand.askSelect`. */
export async function requireSelection<Value>(
  question: ChoiceQuestion<Value>,
  around: PromptSurroundings,
): Promise<Value> {
  requireTerminal(question, around);
  return ask(around, async (context) => {
    const { select } = await import('@inquirer/prompts');
    const { default: fallback } = question;
    return select<Value>(
      {
        message: question.question,
        choices: [...question.choices],
        ...(fallback === undefined ? {} : { default: fallback }),
      },
      context,
    );
  });
}

/** See `QuietusCommand.askYesNo`. */
export async function requireYesOrNo(question: YesNoQuestion, around: PromptSurroundings): Promise<boolean> {
  requireTerminal(question, around);
  return ask(around, async (context) => {
    const { confirm } = await import('@inquirer/prompts');
    return confirm({ message: question.question, default: question.default ?? false }, context);
  });
}

function requireTerminal(question: Question, around: PromptSurroundings): void {
  if (around.interactive) return;
  throw badInput(
    'input-needed',
    `An answer is needed and there is no terminal to ask for it: ${question.question}`,
    {
      hint: `Add ${question.flag}`,
    },
  );
}

/** Questions go to stderr, so that stdout carries nothing but the result. */
async function ask<Answer>(
  around: PromptSurroundings,
  prompt: (context: { output: NodeJS.WritableStream; signal: AbortSignal }) => Promise<Answer>,
): Promise<Answer> {
  try {
    return await around.watchWhile((signal) => prompt({ output: process.stderr, signal }));
  } catch (error) {
    const name = error instanceof Error ? error.name : '';
    if (name === 'ExitPromptError' || name === 'AbortPromptError')
      throw interrupted('Interrupted; nothing was done');
    throw error;
  }
}

function askPassphrase(message: string, around: PromptSurroundings): Promise<string> {
  return ask(around, async (context) => {
    const { password } = await import('@inquirer/prompts');
    return password({ message: `${message}:` }, context);
  });
}

function severalLines(flag: string): Error {
  return badInput('passphrase-lines', `The file of ${flag} has more than one line`, {
    hint: 'Write the passphrase alone into the file, on one line',
  });
}

async function passphraseFrom(file: string, flag: string, around: PromptSurroundings): Promise<string> {
  const bytes = await readAtMost(file, LONGEST_PASSPHRASE + 3, flag, around);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw badInput('passphrase-unreadable', `The file of ${flag} is not UTF-8 text`, {
      hint: 'Write the passphrase alone into the file, as UTF-8',
    });
  } finally {
    bytes.fill(0);
  }
  const passphrase = text.replace(/\r?\n$/, '');
  if (passphrase === '') throw emptyPassphrase(`Write the passphrase into the file of ${flag}`);
  if (Buffer.byteLength(passphrase) > LONGEST_PASSPHRASE) {
    throw badInput('passphrase-too-long', `The file of ${flag} is longer than ${LONGEST_PASSPHRASE} bytes`, {
      hint: 'Give a file that holds nothing but the passphrase',
    });
  }
  return passphrase;
}

async function readAtMost(
  file: string,
  limit: number,
  flag: string,
  around: PromptSurroundings,
): Promise<Buffer> {
  try {
    // Opening /dev/fd/N anew fails for a socket, which is what Node gives its children: read N itself.
    const number = /^\/(?:dev|proc\/self)\/fd\/(\d+)$/.exec(file)?.[1];
    const descriptor = number === undefined ? openSync(file, 'r') : Number(number);
    try {
      const { mode } = fstatSync(descriptor);
      if (number === undefined && (mode & 0o170000) === 0o100000 && (mode & 0o077) !== 0) {
        around.note(`warning: other accounts can read the file of ${flag}; chmod 600 it`);
      }
      return await readDescriptor(descriptor, limit);
    } finally {
      if (number === undefined) closeSync(descriptor);
    }
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown';
    throw badInput('passphrase-unreadable', `The file of ${flag} cannot be read (${code})`, {
      hint: 'Check the path and that this account may read it',
      cause,
    });
  }
}

async function readDescriptor(descriptor: number, limit: number): Promise<Buffer> {
  const buffer = Buffer.alloc(limit);
  let length = 0;
  while (length < limit) {
    try {
      const { bytesRead } = await promisify(read)(descriptor, buffer, length, limit - length, null);
      if (bytesRead === 0) break;
      length += bytesRead;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      await delay(10);
    }
  }
  return buffer.subarray(0, length);
}

function emptyPassphrase(hint: string): Error {
  return badInput('passphrase-empty', 'The passphrase is empty', { hint });
}

/** Quotes a word so that it can be pasted into a POSIX shell as it is. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
