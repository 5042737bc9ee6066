import type { Knex } from 'knex';
import { isSqlite } from '../connection.js';

/** See 001: text that sorts by its bytes in both databases. */
function text(database: Knex, table: Knex.CreateTableBuilder, name: string): Knex.ColumnBuilder {
  return isSqlite(database) ? table.text(name) : table.specificType(name, 'text collate "C"');
}

export async function up(database: Knex): Promise<void> {
  await createRecipients(database);
  await createIdentities(database);
  await createTransfers(database);
}

/** A removed recipient stays as a row, so that old transfers can be explained; its name may be given again. */
async function createRecipients(database: Knex): Promise<void> {
  await database.schema.createTable('recipients', (table) => {
    table.integer('id').primary();
    text(database, table, 'name').notNullable();
    /** `age`, `certificate` or `passphrase`. */
    table.text('kind').notNullable();
    /** `age1…`, or a certificate as PEM; null for a passphrase. */
    table.text('public_key');
    /** How a passphrase reaches the recipient; null for keys. */
    table.text('channel');
    /** SHA-256, lower-case hex; null for a passphrase. */
    table.text('fingerprint');
    table.text('organization');
    table.text('contact');
    /** Formats that the recipient can open, separated by commas. */
    table.text('formats').notNullable();
    /** Last day on which it may be used. */
    table.text('expires_on');
    table.integer('recovery').notNullable();
    table.text('added_at').notNullable();
    table.text('added_by').notNullable();
    table.text('confirmed_at');
    table.text('confirmed_by');
    table.text('confirmed_how');
    table.text('removed_at');
    table.text('removed_by');
  });
  await database.raw('create unique index recipients_current on recipients (name) where removed_at is null');
  await database.raw(
    'create unique index recipients_recovery on recipients (kind) where recovery = 1 and removed_at is null',
  );
}

/** What is known of secret keys; the keys themselves are sealed files in the keys' folder. */
async function createIdentities(database: Knex): Promise<void> {
  await database.schema.createTable('identities', (table) => {
    text(database, table, 'name').primary();
    /** `age`, `age-pq` or `x509`. */
    table.text('kind').notNullable();
    /** Operator who made it, and whose account holds the file. */
    text(database, table, 'owner').notNullable();
    /** `age1…`, or a certificate as PEM. */
    table.text('public_key').notNullable();
    table.text('fingerprint').notNullable();
    table.text('created_at').notNullable();
    table.text('retired_at');
    table.text('retired_by');
    /** The identity that took its place. */
    table.text('replaced_by');
  });
}

async function createTransfers(database: Knex): Promise<void> {
  await database.schema.createTable('transfers', (table) => {
    text(database, table, 'id').primary();
    /** `begun`, `done`, `failed`. */
    text(database, table, 'state').notNullable();
    table.text('format').notNullable();
    table.text('begun_at').notNullable();
    table.text('begun_by').notNullable();
    table.text('ended_at');
    /** JSON: name, kind and fingerprint of each recipient as they were. */
    table.text('recipients').notNullable();
    /** JSON: where it is written, and by which process, while it is; null once it has ended. */
    table.text('work');
    table.bigInteger('plaintext_bytes');
    table.bigInteger('ciphertext_bytes');
    table.integer('files');
    text(database, table, 'ciphertext_sha256');
    /** The passphrase, encrypted to the recovery recipient: age v1, ASCII armor. */
    table.text('escrow');
    /** Row of the recovery recipient that the escrow copy is encrypted to. */
    table.integer('escrow_recipient').references('id').inTable('recipients');
    /** JSON: medium, custodian and destination, where it was written to portable media. */
    table.text('media');
  });
  await database.raw('create index transfers_digest on transfers (ciphertext_sha256)');
  await database.raw("create index transfers_begun on transfers (id) where state = 'begun'");
}
