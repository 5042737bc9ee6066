import { execFileSync } from 'node:child_process';
import { lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connect, inTransaction } from '../../src/store/connection.js';
import { openStore } from '../../src/store/index.js';
import { MIGRATIONS, type Migration, migrate } from '../../src/store/migrations/index.js';
import { temporaryFolder } from '../temporary-folder.js';
import { archivesSuite } from './archives.suite.js';
import { logTreeSuite } from './log-tree.suite.js';
import { repositoriesSuite } from './repositories.suite.js';
import { sampleHold } from './samples.js';
import { transfersSuite } from './transfers.suite.js';

const RELEASED = MIGRATIONS.map(({ name }) => name);

repositoriesSuite('SQLite', () => Promise.resolve({ sqlite: join(temporaryFolder(), 'quietus.db') }));
logTreeSuite('SQLite', () => Promise.resolve({ sqlite: join(temporaryFolder(), 'quietus.db') }));
archivesSuite('SQLite', () => Promise.resolve({ sqlite: join(temporaryFolder(), 'quietus.db') }));
transfersSuite('SQLite', () => Promise.resolve({ sqlite: join(temporaryFolder(), 'quietus.db') }));

const SECOND: Migration = {
  name: '900-second',
  up: (database) => database.schema.createTable('second', (table) => table.text('id')),
};

/** A database of this version with one hold in it. */
async function usedDatabase(): Promise<{ folder: string; file: string; backup: (name: string) => string }> {
  const folder = temporaryFolder();
  const file = join(folder, 'quietus.db');
  const backup = (name: string) => join(folder, `before-${name}.db`);
  const store = await openStore({ sqlite: file }, backup);
  await store.holds.insert(sampleHold('H-2026-0001'));
  await store.close();
  return { folder, file, backup };
}

/** What the sqlite3 shell answers. */
function shell(file: string, sql: string): string {
  return execFileSync('sqlite3', [file, sql]).toString().trim();
}

describe('a SQLite database', () => {
  it('is in write-ahead mode, flushes every commit, checks references and overwrites what is deleted', async () => {
    const { file } = await usedDatabase();
    expect(shell(file, 'pragma journal_mode; pragma integrity_check; pragma foreign_key_check')).toBe(
      'wal\nok',
    );
    const database = connect({ sqlite: file });
    onTestFinished(() => database.destroy());
    const pragma = async (name: string) => Object.values((await database.raw(`pragma ${name}`))[0])[0];
    expect(await pragma('synchronous')).toBe(2);
    expect(await pragma('foreign_keys')).toBe(1);
    expect(await pragma('secure_delete')).toBe(1);
  });

  it('takes nothing for a transaction that has ended, and forgets what one has written that failed', async () => {
    const { file } = await usedDatabase();
    const store = await openStore({ sqlite: file }, (name) => name);
    onTestFinished(() => store.close());
    let late: (() => Promise<unknown>) | undefined;
    await store.transaction(({ holds }) => {
      late = () => holds.insert(sampleHold('H-2026-0002'));
      return Promise.resolve();
    });
    await expect(late?.()).rejects.toThrow('The transaction has ended');
    // Nor for the next one.
    await store.transaction(async () => {
      await expect(late?.()).rejects.toThrow('The transaction has ended');
    });
    const failing = store.transaction(async ({ holds }) => {
      await holds.insert(sampleHold('H-2026-0003'));
      await holds.insert(sampleHold('H-2026-0001'));
    });
    await expect(failing).rejects.toThrow('UNIQUE');
    await store.transaction(({ holds }) => holds.insert(sampleHold('H-2026-0004')));
    expect(shell(file, 'select id from holds order by id')).toBe('H-2026-0001\nH-2026-0004');
  });

  it('takes nothing more where SQLite has undone the transaction by itself', async () => {
    const { file } = await usedDatabase();
    const database = connect({ sqlite: file });
    onTestFinished(() => database.destroy());
    await database.schema.createTable('few', (table) => table.text('id').primary());
    const work = inTransaction(database, async (transaction) => {
      await transaction('few').insert({ id: 'a' });
      await transaction.raw("insert or rollback into few values ('a')").catch(() => undefined);
      await transaction('few')
        .insert({ id: 'b' })
        .catch(() => undefined);
    });
    await expect(work).rejects.toThrow('The transaction has ended');
    await inTransaction(database, (transaction) => transaction('few').insert({ id: 'c' }));
    expect(shell(file, 'select id from few')).toBe('c');
  });

  it('answers each of several like queries at once with its own rows, and knows columns that came later', async () => {
    const { file } = await usedDatabase();
    const database = connect({ sqlite: file });
    onTestFinished(() => database.destroy());
    await database.raw('create table numbers (number integer primary key)');
    await database.transaction(async (transaction) => {
      const numbers = Array.from({ length: 20 }, (_, number) => number);
      await Promise.all(numbers.map((number) => transaction('numbers').insert({ number })));
      const found = numbers.map((number) => transaction('numbers').where({ number }).first());
      expect(await Promise.all(found)).toEqual(numbers.map((number) => ({ number })));
      expect(await transaction('numbers').where('number', '<', 5).delete()).toBe(5);
    });
    const lowest = () => database('numbers').orderBy('number').first();
    expect(await lowest()).toEqual({ number: 5 });
    shell(file, "alter table numbers add column name text default 'five'");
    expect(await lowest()).toEqual({ number: 5, name: 'five' });
  });

  it('goes on after statements that failed, within a transaction and after it', async () => {
    const { file } = await usedDatabase();
    const database = connect({ sqlite: file });
    onTestFinished(() => database.destroy());
    await database.raw('create table numbers (number integer primary key)');
    const insert = (into: typeof database, number: number) => into('numbers').insert({ number });
    await database.transaction(async (transaction) => {
      await insert(transaction, 1);
      for (const again of [1, 1]) {
        await expect(insert(transaction, again)).rejects.toMatchObject({ code: 'SQLITE_CONSTRAINT' });
      }
      await expect(transaction.raw('no such statement')).rejects.toMatchObject({ code: 'SQLITE_ERROR' });
      await insert(transaction, 2);
    });
    await insert(database, 3);
    expect(shell(file, 'select group_concat(number) from numbers')).toBe('1,2,3');
  });

  it('holds nothing of a deleted row', async () => {
    const { file } = await usedDatabase();
    shell(
      file,
      "pragma secure_delete = off; update holds set matter = 'SECRETMATTER' || hex(randomblob(900))",
    );
    expect(contains(file, 'SECRETMATTER')).toBe(true);
    const database = connect({ sqlite: file });
    await database('hold_scopes').delete();
    await database('holds').delete();
    await database.destroy();
    expect(contains(file, 'SECRETMATTER')).toBe(false);
  });

  it('of a newer version is refused and left as it is', async () => {
    const { folder, file, backup } = await usedDatabase();
    shell(file, "insert into schema_migrations values ('999-from-the-future', '2030-01-01T00:00:00.000Z')");
    const before = shell(file, '.dump');
    await expect(openStore({ sqlite: file }, backup)).rejects.toMatchObject({
      code: 'workspace-newer',
      exitCode: 2,
    });
    expect(shell(file, '.dump')).toBe(before);
    expect(readdirSync(folder).filter((name) => name.startsWith('before-'))).toEqual([]);
  });

  it('is copied before its schema changes; the copy is whole and for the owner only', async () => {
    const { folder, file, backup } = await usedDatabase();
    const database = connect({ sqlite: file });
    onTestFinished(() => database.destroy());
    const before = process.umask(0);
    try {
      await migrate(database, backup, [...MIGRATIONS, SECOND]);
    } finally {
      process.umask(before);
    }
    const copy = join(folder, 'before-900-second.db');
    expect(lstatSync(copy).mode & 0o777).toBe(0o600);
    expect(
      shell(copy, 'pragma integrity_check; select id from holds; select name from schema_migrations'),
    ).toBe(['ok', 'H-2026-0001', ...RELEASED].join('\n'));
    expect(shell(file, 'select name from schema_migrations')).toBe([...RELEASED, '900-second'].join('\n'));
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    await migrate(database, backup, [...MIGRATIONS, SECOND]);
    expect(readdirSync(folder).filter((name) => name.startsWith('before-'))).toEqual([
      'before-900-second.db',
    ]);
  });

  it('keeps an older copy beside the new one', async () => {
    const { folder, file, backup } = await usedDatabase();
    writeFileSync(backup('900-second'), 'older');
    const database = connect({ sqlite: file });
    onTestFinished(() => database.destroy());
    await migrate(database, backup, [...MIGRATIONS, SECOND]);
    expect(shell(join(folder, 'before-900-second-2.db'), 'select count(*) from holds')).toBe('1');
  });

  it('is as before where a change of the schema fails half way', async () => {
    const { file, backup } = await usedDatabase();
    const before = shell(file, '.dump');
    const broken: Migration = {
      name: '002-broken',
      async up(database) {
        await SECOND.up(database);
        await database.raw('insert into nowhere values (1)');
      },
    };
    const database = connect({ sqlite: file });
    await expect(migrate(database, backup, [...MIGRATIONS, broken])).rejects.toThrow('nowhere');
    await database.destroy();
    expect(shell(file, '.dump')).toBe(before);
  });

  it('changed by two at once is changed once', async () => {
    const { file, backup } = await usedDatabase();
    const databases = Array.from({ length: 3 }, () => connect({ sqlite: file }));
    onTestFinished(async () => {
      for (const database of databases) await database.destroy();
    });
    await Promise.all(databases.map((database) => migrate(database, backup, [...MIGRATIONS, SECOND])));
    expect(shell(file, 'select count(*) from schema_migrations')).toBe(String(RELEASED.length + 1));
  });

  it('that is no database is refused', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'quietus.db');
    writeFileSync(file, 'this is no database, but a file of a person that is long enough'.repeat(50));
    await expect(openStore({ sqlite: file }, (name) => join(folder, name))).rejects.toMatchObject({
      code: 'SQLITE_NOTADB',
    });
  });
});

describe('a journal that somebody has put beside a SQLite database', () => {
  it('removes no file that it names: the database is not opened', async () => {
    const { folder, file, backup } = await usedDatabase();
    const record = join(folder, 'record.csv');
    writeFileSync(record, 'a record under a hold');
    writeFileSync(`${file}-journal`, journalNaming(file, record));
    await expect(openStore({ sqlite: file }, backup)).rejects.toMatchObject({
      code: 'journal-foreign',
      exitCode: 5,
    });
    expect(readFileSync(record, 'utf8')).toBe('a record under a hold');
  });

  it('is left to SQLite where it is one of a single database', async () => {
    const { file, backup } = await usedDatabase();
    const journal = journalNaming(file, 'none');
    writeFileSync(`${file}-journal`, journal.subarray(0, SECTOR));
    const store = await openStore({ sqlite: file }, backup);
    onTestFinished(() => store.close());
    expect(await store.holds.list()).toHaveLength(1);
    expect(readdirSync(join(file, '..'))).not.toContain('quietus.db-journal');
  });
});

const SECTOR = 512;

/** A journal that has no page to roll back, of a transaction over several databases (SQLite file format, section 3). */
function journalNaming(database: string, other: string): Buffer {
  const magic = Buffer.from('d9d505f920a163d7', 'hex');
  const number = (value: number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
  };
  const head = readFileSync(database);
  const pageSize = head.readUInt16BE(16);
  const header = Buffer.alloc(SECTOR);
  const fields = [0, 1, head.readUInt32BE(28), SECTOR, pageSize].map(number);
  Buffer.concat([magic, ...fields]).copy(header);
  const name = Buffer.from(other);
  const sum = name.reduce((total, byte) => total + byte, 0);
  const lockPage = Math.floor(0x40000000 / pageSize) + 1;
  return Buffer.concat([header, number(lockPage), name, number(name.length), number(sum), magic]);
}

/** Whether the bytes are in the file or in what SQLite keeps beside it. */
function contains(file: string, text: string): boolean {
  const script = 'grep -aqF "$1" "$2"* 2>/dev/null';
  try {
    execFileSync('sh', ['-c', script, 'sh', text, file]);
    return true;
  } catch {
    return false;
  }
}
