import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { expect, inject } from 'vitest';
import {
  environment,
  type Outcome,
  outcomeOf,
  programCommand,
  programFolder,
  temporaryFolder,
} from './harness.js';

/** Why tests with several accounts of the operating system cannot run here; undefined where they can. */
export const NO_ACCOUNTS =
  process.platform === 'linux' && process.getuid?.() === 0
    ? undefined
    : 'needs root on Linux, to run programs as other accounts';

/** The group that the accounts of a test share, and one account that is not in it. */
export const GROUP = 4700;

let common: { node: string; folder: string } | undefined;

/**
 * The program and its Node in a place that every account can read: the checkout, or a Node that npx has fetched,
 * may lie in somebody's home folder. Made once; packages are hard links where the file system allows it.
 */
export function commonProgram(): { node: string; folder: string } {
  if (common !== undefined) return common;
  const place = mkdtempSync(join(inject('lasting'), 'common-'));
  const [node] = programCommand();
  const folder = join(place, 'program');
  cpSync(programFolder(), folder, {
    recursive: true,
    filter: (path) => basename(path) !== 'node_modules',
  });
  copyFileSync(realpathSync(node), join(place, 'node'));
  execFileSync('chmod', ['-R', 'a+rX', place]);
  const packages = realpathSync(join(programFolder(), 'node_modules'));
  const linked = spawnSync('cp', ['-al', packages, join(folder, 'node_modules')]);
  if (linked.status !== 0) {
    rmSync(join(folder, 'node_modules'), { recursive: true, force: true });
    execFileSync('cp', ['-a', packages, join(folder, 'node_modules')]);
  }
  common = { node: join(place, 'node'), folder };
  return common;
}

/** A second person: a real account, known to the operating system by its number alone. */
export class Person {
  readonly login: string;

  constructor(
    readonly uid: number,
    readonly folder: string,
    readonly gid = GROUP,
  ) {
    this.login = `uid-${uid}`;
  }

  /** Runs the program as this account, in the workspace of the test. */
  quietus(...args: string[]): Promise<Outcome> {
    const { node, folder } = commonProgram();
    return this.run([node, join(folder, 'bin', 'quietus.js')], args);
  }

  /** Runs a program as this account, such as `['sh', '-c']`. */
  run(command: readonly string[], args: readonly string[]): Promise<Outcome> {
    const [name = '', ...first] = command;
    const child = spawn(name, [...first, ...args], {
      cwd: this.folder,
      env: environment({ HOME: this.folder, QUIETUS_WORKSPACE: join(this.folder, 'workspace') }),
      uid: this.uid,
      gid: this.gid,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return outcomeOf(child);
  }

  /** The JSON that a command prints; fails where the command does. */
  async json(...args: string[]): Promise<Record<string, unknown>> {
    const { status, stdout, stderr } = await this.quietus(...args, '--json');
    expect(`${status} ${stderr.includes('error:') ? stderr : ''}`.trim(), args.join(' ')).toBe('0');
    return JSON.parse(stdout) as Record<string, unknown>;
  }

  /** Exit code and code of the error of a command that must fail. */
  async refusal(...args: string[]): Promise<[status: number | null, code: string]> {
    const { status, stdout } = await this.quietus(...args, '--json');
    const { error } = JSON.parse(stdout) as { error?: { code: string } };
    return [status, error?.code ?? 'no error'];
  }
}

/** A folder in which every account of the test may work. */
export function commonFolder(): string {
  const folder = temporaryFolder();
  chmodSync(folder, 0o755);
  const inner = join(folder, 'common');
  mkdirSync(inner);
  chmodSync(inner, 0o777);
  chownSync(inner, 0, GROUP);
  return inner;
}

/** A person who makes a workspace that is shared with the group. */
export async function owner(folder: string, ...flags: string[]): Promise<Person> {
  const ann = new Person(4701, folder);
  const made = await ann.quietus(
    'init',
    join(folder, 'workspace'),
    ...['--organization', 'Acme Dental', '--time-zone', 'America/New_York', '--group', String(GROUP)],
    ...[
      '--operator',
      'ann',
      '--operator-name',
      'Ann Example',
      ...(flags.length > 0 ? flags : ['--unattended']),
    ],
  );
  expect(made.status, made.stderr).toBe(0);
  return ann;
}

/** Registers, enrolls and confirms another person. */
export async function letIn(
  id: string,
  uid: number,
  { registrar, confirmer }: { registrar: Person; confirmer: Person },
): Promise<Person> {
  const person = new Person(uid, registrar.folder);
  await registrar.json('operator', 'add', id, '--name', `${id} Example`, '--account', person.login);
  const { fingerprint } = await person.json('operator', 'enroll', '--unattended');
  await confirmer.json('operator', 'confirm', id, '--fingerprint', String(fingerprint));
  return person;
}
