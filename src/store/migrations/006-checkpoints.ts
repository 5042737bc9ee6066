import type { Knex } from 'knex';
import { isSqlite } from '../connection.js';

/** See 001: text that sorts by its bytes in both databases. */
function text(database: Knex, table: Knex.CreateTableBuilder, name: string): Knex.ColumnBuilder {
  return isSqlite(database) ? table.text(name) : table.specificType(name, 'text collate "C"');
}

/**
 * The log as a Merkle tree (RFC 6962), its keys and checkpoints. The tree of an existing log is made from its entries
 * by the first append after this.
 */
export async function up(database: Knex): Promise<void> {
  await createTree(database);
  await createCheckpoints(database);
}

async function createTree(database: Knex): Promise<void> {
  await database.schema.createTable('log_tree', (table) => {
    /** 1: there is one row. */
    table.integer('id').primary();
    table.integer('size').notNullable();
    /** Hash, hex, of the newest entry in the tree. */
    table.text('head').notNullable();
    /** Hashes of the complete subtrees at the right edge, largest first, 32 bytes each. */
    table.binary('peaks').notNullable();
    /** Size of the newest checkpoint. */
    table.integer('checkpoint_size').notNullable();
    /** Number and digest of the newest checkpoint, which the next entry names; null once it is named. */
    table.text('pin');
  });
  await database.schema.createTable('log_nodes', (table) => {
    /** Of complete subtrees of 2^level entries; only levels from 8 on, the others are made from the entries. */
    table.integer('level').notNullable();
    table.integer('position').notNullable();
    table.binary('hash').notNullable();
    table.primary(['level', 'position']);
  });
}

async function createCheckpoints(database: Knex): Promise<void> {
  await database.schema.createTable('log_keys', (table) => {
    table.integer('number').primary();
    /** Raised where the key before was lost and could not sign this one. */
    table.integer('epoch').notNullable();
    /** Public key as C2SP signed-note writes it. */
    table.text('key').notNullable();
    /** Number of the entry that introduces it. */
    table.integer('seq').notNullable();
  });
  await database.schema.createTable('log_checkpoints', (table) => {
    table.integer('number').primary();
    table.integer('size').notNullable();
    table.text('made_at').notNullable();
    /** The signed note (C2SP tlog-checkpoint). */
    table.text('note').notNullable();
  });
  await database.raw('create index log_checkpoints_size on log_checkpoints (size, number)');
  await database.schema.createTable('log_witnesses', (table) => {
    text(database, table, 'name').primary();
    /** Number of the newest checkpoint that was handed over. */
    table.integer('delivered').notNullable();
    /** Failed attempts since, the time of the last, and what was wrong. */
    table.integer('failures').notNullable();
    table.text('attempted_at');
    table.text('code');
  });
}
