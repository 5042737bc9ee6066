import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { onTestFinished } from 'vitest';
import type { Plan } from '../../src/model/index.js';
import { readOperatorKey } from '../../src/operators/index.js';
import { approvePlan, buildPlan } from '../../src/retention/index.js';
import type { Session } from '../../src/session/index.js';
import { enter, item, makeWorld, type World } from '../retention/sweep-world.js';
import { temporaryFolder } from '../temporary-folder.js';

/** Two customers with orders, in a database of somebody else. */
const TABLES = [
  'create table customers (id text primary key, name text)',
  'create table orders (id integer primary key, customer text references customers (id), card text)',
  "insert into customers values ('C-1', 'MARKER-Alice'), ('C-2', 'MARKER-Bob')",
  "insert into orders values (1, 'C-1', 'MARKER-4111'), (2, 'C-1', 'MARKER-4222'), (3, 'C-2', 'MARKER-4333')",
];

const ROWS = `rows:
  - table: orders
    count: select count(*) from orders where customer = :key
    delete: delete from orders where customer = :key
  - table: customers
    count: select count(*) from customers where id = :key
    delete: delete from customers where id = :key
`;

/** A database outside of the workspace, and how to ask it. */
export interface Shop {
  kind: 'SQLite' | 'PostgreSQL';
  /** Where its file lies, for SQLite. */
  file: string | null;
  hook: string;
  query(sql: string): Promise<string[]>;
}

function sqliteShop(folder: string): Shop {
  const file = join(folder, 'shop.db');
  const query = async (sql: string): Promise<string[]> =>
    execFileSync('sqlite3', [file, sql], { encoding: 'utf8' }).split('\n').filter(Boolean);
  execFileSync('sqlite3', [file, `pragma journal_mode = wal; ${TABLES.join(';')}`]);
  return {
    kind: 'SQLite',
    file,
    query,
    hook: `format: quietus-database/1\nsqlite: {path: ${file}}\n${ROWS}`,
  };
}

/** libpq connection string of a PostgreSQL server where schemas may be made and dropped. */
export const postgresUrl = process.env.QUIETUS_TEST_POSTGRES ?? '';

async function postgresShop(): Promise<Shop> {
  const admin = new pg.Client(postgresUrl);
  await admin.connect();
  const name = `shop_${randomBytes(6).toString('hex')}`;
  await admin.query(`create database ${name}`);
  const client = new pg.Client({
    host: admin.host,
    port: admin.port,
    ...(admin.user === undefined ? {} : { user: admin.user }),
    database: name,
  });
  await client.connect();
  onTestFinished(async () => {
    await client.end();
    await admin.query(`drop database ${name} with (force)`);
    await admin.end();
  });
  for (const sql of TABLES) await client.query(sql);
  const query = async (sql: string): Promise<string[]> => {
    const { rows } = await client.query<unknown[]>({ text: sql, rowMode: 'array' });
    return rows.map((row) => row.join('|'));
  };
  const place = `{host: ${admin.host}, port: ${admin.port}, database: ${name}, user: ${admin.user}, tls: false}`;
  return {
    kind: 'PostgreSQL',
    file: null,
    query,
    hook: `format: quietus-database/1\npostgres: ${place}\n${ROWS}`,
  };
}

export interface RowsWorld extends World {
  shop: Shop;
}

export async function rowsWorld(kind: Shop['kind']): Promise<RowsWorld> {
  const folder = temporaryFolder();
  const world = await makeWorld(folder);
  onTestFinished(() => world.session.close());
  const shop = kind === 'SQLite' ? sqliteShop(folder) : await postgresShop();
  writeHook(world, shop.hook);
  return { ...world, shop };
}

export function writeHook({ session }: World, text: string): void {
  mkdirSync(session.paths.databases, { recursive: true });
  const path = join(session.paths.databases, 'shop.yaml');
  writeFileSync(path, text);
  chmodSync(path, 0o600);
}

/** An approved plan for the rows of customer C-1. */
export async function planForRows(world: RowsWorld): Promise<Plan> {
  await enter(world.session, [item('CUST-1', 'database:shop/C-1', { medium: 'database' })]);
  return await approved(world.session);
}

export async function approved(session: Session): Promise<Plan> {
  const { plan } = await buildPlan(session);
  const key = readOperatorKey(session.paths.keys, (await session.operator()).id);
  await approvePlan(session, plan.id, await key.unlock(null));
  return plan;
}
