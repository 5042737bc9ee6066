import { lstatSync } from 'node:fs';
import { Fault, type Reason, type RowsFingerprint } from '../model/index.js';
import type { WorkspacePaths } from '../workspace/index.js';
import { type DatabaseHook, hookLocation, readHook } from './database-hook.js';
import { openDatabase } from './database-opening.js';
import { DatabaseFailure, type DatabaseSession, type SqlValues } from './database-session.js';
import { protectedPaths } from './protected-paths.js';

/** What of an item the statements of a hook may ask for. */
export interface RowsItem {
  id: string;
  location: string;
  recordClass: string | null;
  subjects: readonly string[];
}

export type RowExamination =
  | { status: 'ready'; fingerprint: RowsFingerprint }
  | { status: 'refused'; reason: Reason };

/** A hook with an open connection to its database. */
export interface OpenHook {
  hook: DatabaseHook;
  database: DatabaseSession;
}

/** Hooks of a workspace and the connections that they need, each opened once. Close it. */
export class RowExaminer {
  readonly #open = new Map<string, OpenHook>();

  constructor(private readonly paths: WorkspacePaths) {}

  /** Counts the rows of an item, and changes nothing. What goes wrong is a reason and not an error. */
  async examine(item: RowsItem): Promise<RowExamination> {
    try {
      const location = hookLocation(item.location);
      if (location === undefined) throw new Error('The location names no hook');
      const { hook, database } = await this.open(location.name);
      const missing = missingParameter(hook, item);
      if (missing) return { status: 'refused', reason: missing };
      const counts = await countRows(hook, database, item);
      if (counts.every(({ rows }) => rows === 0)) return { status: 'refused', reason: NO_ROWS };
      return {
        status: 'ready',
        fingerprint: { kind: 'rows', hook: hook.name, hookSha256: hook.sha256, counts },
      };
    } catch (error) {
      return { status: 'refused', reason: reasonOfDatabase(error) };
    }
  }

  /** @throws DatabaseFailure, and what `readHook` throws */
  async open(name: string): Promise<OpenHook> {
    const known = this.#open.get(name);
    if (known) return known;
    const hook = readHook(this.paths, name);
    if (hook.place.kind === 'sqlite' && isOurs(hook.place.path, this.paths)) throw new OwnDatabase();
    const opened = { hook, database: await openDatabase(hook) };
    this.#open.set(name, opened);
    return opened;
  }

  /** Connects anew at the next call. */
  async forget(name: string): Promise<void> {
    await this.#open.get(name)?.database.close();
    this.#open.delete(name);
  }

  async close(): Promise<void> {
    for (const name of [...this.#open.keys()]) await this.forget(name);
  }
}

/** The hook names the workspace's own database. */
class OwnDatabase extends Error {}

function isOurs(path: string, paths: WorkspacePaths): boolean {
  const identity = (each: string): string | undefined => {
    const stat = lstatSync(each, { bigint: true, throwIfNoEntry: false });
    return stat && `${stat.dev}:${stat.ino}`;
  };
  const own = identity(path);
  return own !== undefined && protectedPaths(paths).some((each) => identity(each) === own);
}

/** @throws what is no failure of a hook or database */
export function reasonOfDatabase(error: unknown): Reason {
  if (error instanceof DatabaseFailure) return error.reason;
  if (error instanceof OwnDatabase) {
    return {
      code: 'protected-path',
      text: 'The hook names a file of this workspace, which is never changed.',
    };
  }
  if (error instanceof Fault) return { code: error.code, text: `${error.message}.` };
  throw error;
}

function missingParameter(hook: DatabaseHook, item: RowsItem): Reason | undefined {
  const used = new Set(hook.steps.flatMap(({ count }) => count.parameters));
  if (used.has('key') && (hookLocation(item.location)?.key ?? null) === null) {
    return {
      code: 'key-missing',
      text: 'The hook asks for a key, and the location of the item has none (database:NAME/KEY).',
    };
  }
  if (used.has('subject') && item.subjects.length === 0) {
    return { code: 'subjects-missing', text: 'The hook asks for subjects, and the item has none.' };
  }
  return undefined;
}

/** The values of one statement: once, or once for each subject where it asks for one. */
export function valuesFor(parameters: readonly string[], item: RowsItem): SqlValues[] {
  const base = {
    item: item.id,
    key: hookLocation(item.location)?.key ?? '',
    class: item.recordClass ?? '',
  };
  if (!parameters.includes('subject')) return [base];
  return item.subjects.map((subject) => ({ ...base, subject }));
}

export async function countRows(
  hook: DatabaseHook,
  database: DatabaseSession,
  item: RowsItem,
): Promise<{ table: string; rows: number }[]> {
  const counts = [];
  for (const { table, count } of hook.steps) {
    let rows = 0;
    for (const values of valuesFor(count.parameters, item)) rows += await database.count(count, values);
    counts.push({ table, rows });
  }
  return counts;
}

const NO_ROWS: Reason = {
  code: 'absent',
  text: 'The database has no rows of this item.',
};
