import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { sha256 } from '../crypto/index.js';
import { badInput, type Fault, refused } from '../model/index.js';
import { formatProblems, readYaml, type WorkspacePaths, type YamlMap } from '../workspace/index.js';
import { PARAMETERS, readStatement, type SqlStatement } from './sql-parameters.js';

export type DatabasePlace =
  | { kind: 'sqlite'; path: string; foreignKeys: boolean; vacuum: boolean }
  | {
      kind: 'postgres';
      host: string;
      port: number;
      database: string;
      user: string;
      /** Path of the certificate of the server's authority; null for those that the system trusts. */
      ca: string | null;
      /** `false` only on this machine: through a socket in the file system, or to a loopback address. */
      tls: boolean;
      vacuum: boolean;
    };

/** Rows of one table: how they are counted, and how they are deleted. */
export interface RowStep {
  table: string;
  count: SqlStatement;
  delete: SqlStatement;
}

/** A hook: what to do in one database for an item of the inventory. */
export interface DatabaseHook {
  name: string;
  /** SHA-256, hex, of the file's bytes; a plan freezes it. */
  sha256: string;
  place: DatabasePlace;
  /** Longest time of one statement, in seconds. */
  timeout: number;
  /** In this order. */
  steps: readonly RowStep[];
}

/** Where an item of medium `database` says that its hook is. */
export interface HookLocation {
  name: string;
  /** What stands after the slash; null where nothing does. */
  key: string | null;
}

const LOCATION = /^database:([a-z0-9][a-z0-9._-]{0,63})(?:\/(.{1,500}))?$/;

/** Reads a location such as `database:shop/C-1042`; undefined for any other text, which a person has to see to. */
export function hookLocation(location: string): HookLocation | undefined {
  const [, name, key] = LOCATION.exec(location) ?? [];
  return name === undefined ? undefined : { name, key: key ?? null };
}

/**
 * Reads `databases/NAME.yaml` of the workspace. Passwords never stand in it: PostgreSQL's come from a password file.
 *
 * @throws Fault `hook-missing`, `hook-invalid` (exit 2), `hook-not-trusted` (exit 4)
 */
export function readHook(paths: WorkspacePaths, name: string): DatabaseHook {
  const path = join(paths.databases, `${name}.yaml`);
  if (!existsSync(path)) {
    throw badInput('hook-missing', `The workspace has no databases/${name}.yaml`, {
      hint: 'docs/disposal.md says what stands in it',
    });
  }
  requireTrusted(path, paths.root);
  const bytes = readFileSync(path);
  const problems: string[] = [];
  const source = readYaml(bytes.toString('utf8'), basename(path));
  const map = source.map();
  const hook = map && readDocument(map);
  map?.refuseOtherKeys();
  const found = source.problems();
  if (found.length > 0) problems.push(formatProblems(basename(path), found));
  if (hook === undefined || problems.length > 0) throw invalid(problems.join('\n'));
  return { name, sha256: sha256(bytes), ...hook };
}

/** Every hook of the workspace, or what is wrong with it. */
export function readHooks(
  paths: WorkspacePaths,
): { name: string; hook: DatabaseHook | undefined; problem: unknown }[] {
  if (!existsSync(paths.databases)) return [];
  const names = readdirSync(paths.databases).filter((name) => name.endsWith('.yaml'));
  return names.toSorted().map((file) => {
    const name = file.slice(0, -'.yaml'.length);
    try {
      return { name, hook: readHook(paths, name), problem: undefined };
    } catch (problem) {
      return { name, hook: undefined, problem };
    }
  });
}

function invalid(problems: string): Fault {
  return badInput('hook-invalid', problems || 'The file of the database hook is empty', {
    hint: 'Correct the file; nothing was done in the database',
  });
}

/** Whoever may write the file decides which rows go: only the owner of the workspace may. */
function requireTrusted(path: string, root: string): void {
  if (process.platform === 'win32') return;
  const stat = lstatSync(path);
  const owner = lstatSync(root).uid;
  if (stat.isFile() && (stat.uid === owner || stat.uid === 0) && (stat.mode & 0o022) === 0) return;
  throw refused(
    'hook-not-trusted',
    `Others than the owner of the workspace may change databases/${basename(path)}`,
    {
      hint: 'It must be a file of the owner that nobody else may write: chmod go-w',
    },
  );
}

function readDocument(map: YamlMap): Omit<DatabaseHook, 'name' | 'sha256'> | undefined {
  map.choice('format', ['quietus-database/1']);
  map.text('title', { optional: true });
  const place = readPlace(map);
  const timeout = map.integer('timeout', { optional: true, minimum: 1, maximum: 86_400 }) ?? 600;
  const steps = (map.maps('rows') ?? []).map(readStep);
  if (place === undefined || steps.some((step) => step === undefined)) return undefined;
  return { place, timeout, steps: steps.filter((step) => step !== undefined) };
}

function readPlace(map: YamlMap): DatabasePlace | undefined {
  const hasSqlite = map.has('sqlite');
  const hasPostgres = map.has('postgres');
  if (hasSqlite === hasPostgres) {
    map.problem('sqlite', 'or postgres must say where the database is, and only one of them', null);
    return undefined;
  }
  return hasSqlite ? readSqlite(map.map('sqlite')) : readPostgres(map.map('postgres'));
}

function readSqlite(map: YamlMap | undefined): DatabasePlace | undefined {
  const path = map?.text('path', { pattern: /^\//, expected: 'an absolute path' });
  const foreignKeys = map?.boolean('foreign_keys', { optional: true }) ?? true;
  const vacuum = map?.boolean('vacuum', { optional: true }) ?? true;
  map?.refuseOtherKeys();
  return path === undefined ? undefined : { kind: 'sqlite', path, foreignKeys, vacuum };
}

const LOCAL = /^(?:\/.*|localhost|127\.\d+\.\d+\.\d+|::1)$/;

function readPostgres(map: YamlMap | undefined): DatabasePlace | undefined {
  if (map === undefined) return undefined;
  const host = map.text('host');
  const port = map.integer('port', { optional: true, minimum: 1, maximum: 65_535 }) ?? 5432;
  const database = map.text('database');
  const user = map.text('user');
  const ca = map.text('ca', { optional: true, pattern: /^\//, expected: 'an absolute path' }) ?? null;
  const tls = map.boolean('tls', { optional: true }) ?? !host?.startsWith('/');
  const vacuum = map.boolean('vacuum', { optional: true }) ?? true;
  if (map.has('password')) {
    map.keyProblem(
      'password',
      'must not stand here',
      'Write it into ~/.pgpass or the file that PGPASSFILE names (mode 0600)',
    );
  }
  if (host !== undefined && !tls && !LOCAL.test(host)) {
    map.problem('tls', 'can be false only on this machine', 'Take it away: the connection is encrypted then');
  }
  map.refuseOtherKeys();
  if (host === undefined || database === undefined || user === undefined) return undefined;
  return { kind: 'postgres', host, port, database, user, ca, tls, vacuum };
}

const TABLE = /^[A-Za-z_][A-Za-z0-9_]{0,62}(?:\.[A-Za-z_][A-Za-z0-9_]{0,62})?$/;
/** Which rows are meant comes from the item, never from the file alone: else every item would delete the same. */
const NARROWING = new Set(['item', 'key', 'subject']);

function readStep(map: YamlMap): RowStep | undefined {
  const table = map.text('table', {
    pattern: TABLE,
    expected: 'the name of a table, as in public.customers',
  });
  const count = readSql(map, 'count', /^select\b/i, 'a SELECT');
  const deletion = readSql(map, 'delete', /^delete\s+from\b/i, 'a DELETE');
  if (count && deletion && names(count) !== names(deletion)) {
    map.problem('delete', 'must use the same parameters as count', null);
  }
  map.refuseOtherKeys();
  return table && count && deletion ? { table, count, delete: deletion } : undefined;
}

function names({ parameters }: SqlStatement): string {
  return [...new Set(parameters)].toSorted().join(' ');
}

function readSql(map: YamlMap, key: string, begin: RegExp, what: string): SqlStatement | undefined {
  const text = map.text(key);
  if (text === undefined) return undefined;
  const statement = readStatement(text.trim());
  const unknown = statement.parameters.find((name) => !(PARAMETERS as readonly string[]).includes(name));
  if (!begin.test(statement.text)) return map.problem(key, `must begin with ${what}`, null);
  if (statement.several) return map.problem(key, 'must be one statement without a semicolon', null);
  if (unknown !== undefined) {
    return map.problem(
      key,
      `asks for :${unknown}`,
      `Known parameters: ${PARAMETERS.map((each) => `:${each}`).join(', ')}`,
    );
  }
  if (!statement.parameters.some((name) => NARROWING.has(name))) {
    return map.problem(key, 'must use :item, :key or :subject, or it would reach every row', null);
  }
  return statement;
}
