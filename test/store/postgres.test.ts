import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openStore, type StoreLocation } from '../../src/store/index.js';
import { archivesSuite } from './archives.suite.js';
import { logTreeSuite } from './log-tree.suite.js';
import { repositoriesSuite } from './repositories.suite.js';
import { transfersSuite } from './transfers.suite.js';

/** libpq connection string of a PostgreSQL server where schemas may be made and dropped. */
const url = process.env.QUIETUS_TEST_POSTGRES ?? '';

async function query(sql: string): Promise<unknown[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

/** A schema that nothing has used, dropped when the test ends, after the test's own connections are closed. */
async function freshSchema(): Promise<StoreLocation & { postgres: string }> {
  const schema = `test_${randomBytes(6).toString('hex')}`;
  await query(`create schema ${schema}`);
  onTestFinished(async () => {
    await query(`drop schema ${schema} cascade`);
  });
  return { postgres: `${url}${url.includes('?') ? '&' : '?'}options=-c%20search_path%3D${schema}` };
}

if (url !== '') {
  repositoriesSuite('PostgreSQL', freshSchema);
  logTreeSuite('PostgreSQL', freshSchema);
  archivesSuite('PostgreSQL', freshSchema);
  transfersSuite('PostgreSQL', freshSchema);

  describe('a PostgreSQL database', () => {
    it('does not sort by bytes of itself, so that the suite proves that we do', async () => {
      const rows = await query("select 'a' < 'B' as by_locale");
      expect(rows).toEqual([{ by_locale: true }]);
    });

    it('of a newer version is refused', async () => {
      const location = await freshSchema();
      await (await openStore(location, String)).close();
      const client = new pg.Client(location.postgres);
      await client.connect();
      await client.query("insert into schema_migrations values ('999-from-the-future', '2030')");
      await client.end();
      await expect(openStore(location, String)).rejects.toMatchObject({ code: 'workspace-newer' });
    });
  });
} else if (process.env.CI) {
  it('is tested in CI', () => {
    throw new Error('QUIETUS_TEST_POSTGRES is not set: .ci/run starts a server and sets it');
  });
} else {
  it.skip('the repositories in PostgreSQL: QUIETUS_TEST_POSTGRES is not set (see .ci/run)', () => {});
}
