import { createRequire } from 'node:module';
import type { Knex } from 'knex';
import { SILENT } from './sqlite.js';

const require = createRequire(import.meta.url);

/** PostgreSQL through knex; `url` is a libpq connection string. The `pg` package is installed by those who use it. */
export function openPostgres(url: string): Knex {
  const { knex } = require('knex') as typeof import('knex');
  return knex({ client: 'pg', connection: url, log: SILENT, pool: { min: 0, max: 4 } });
}
