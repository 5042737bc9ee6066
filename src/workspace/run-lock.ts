import { closeSync, fchmodSync, openSync, readFileSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { badInput, locked } from '../model/index.js';
import { writeFileAtomically } from './atomic-file.js';
import { readableMode, writableMode } from './sharing.js';

/** Who holds the lock; written beside it for the reader of the error. */
export interface LockHolder {
  operator: string;
  command: string;
  pid: number;
  host: string;
  since: string;
}

export interface RunLock {
  release(): Promise<void>;
}

/**
 * Takes the workspace's run lock: one destructive run at a time.
 *
 * The lock is SQLite's own exclusive lock on a small database file, so the operating system releases it the
 * moment the holder ends, however it ends; there is no stale lock to clean up. Not reliable on network file
 * systems without locking, where SQLite itself is not either.
 *
 * @throws Fault `run-lock-held` (exit 7) that names the holder
 */
export async function takeRunLock(
  path: string,
  who: Pick<LockHolder, 'operator' | 'command' | 'since'>,
): Promise<RunLock> {
  createPrivately(path);
  const { default: sqlite3 } = await import('sqlite3');
  const database = await new Promise<import('sqlite3').Database>((done, fail) => {
    const opened: import('sqlite3').Database = new sqlite3.Database(path, (error) =>
      error ? fail(error) : done(opened),
    );
  });
  const execute = (sql: string) =>
    new Promise<void>((done, fail) => {
      database.exec(sql, (error) => (error ? fail(error) : done()));
    });
  const close = () =>
    new Promise<void>((done, fail) => {
      database.close((error) => (error ? fail(error) : done()));
    });
  try {
    await execute('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE;');
  } catch (error) {
    await close();
    const code = (error as { code?: string }).code;
    if (code === 'SQLITE_BUSY') throw heldBy(readHolder(path));
    if (code === 'SQLITE_NOTADB' || code === 'SQLITE_CORRUPT') throw damaged(path, error);
    throw error;
  }
  const holder: LockHolder = { ...who, pid: process.pid, host: hostname() };
  try {
    const mode = readableMode(dirname(path));
    await writeFileAtomically(holderFile(path), `${JSON.stringify(holder)}\n`, { mode });
  } catch {
    // The lock holds all the same; whoever meets it is not told by whom.
  }
  let held = true;
  return {
    async release() {
      if (!held) return;
      held = false;
      rmSync(holderFile(path), { force: true, recursive: true });
      await close();
    },
  };
}

/**
 * Makes the lock's file where it is missing, for those who may use the workspace. An existing one is never opened here: closing any descriptor of a
 * file drops every lock that the process has on it (POSIX), the run lock too.
 */
function createPrivately(path: string): void {
  try {
    const file = openSync(path, 'wx', 0o600);
    fchmodSync(file, writableMode(dirname(path)));
    closeSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

function holderFile(path: string): string {
  return `${path}.holder.json`;
}

function readHolder(path: string): Partial<LockHolder> {
  try {
    return JSON.parse(readFileSync(holderFile(path), 'utf8')) as Partial<LockHolder>;
  } catch {
    return {};
  }
}

function damaged(path: string, cause: unknown): Error {
  return badInput('run-lock-damaged', 'The file of the run lock is damaged', {
    cause,
    hint: `It holds nothing of worth. When no run is going on, delete it: ${path}`,
  });
}

function heldBy(holder: Partial<LockHolder>): Error {
  const name = holder.operator
    ? `${holder.operator} (${holder.command}, process ${holder.pid} on ${holder.host}, since ${holder.since})`
    : 'another process';
  return locked('run-lock-held', `Another run holds the lock of this workspace: ${name}`, {
    hint: 'Wait until it ends. The lock is released by itself when that process ends, even by a crash',
    details: { ...holder },
  });
}
