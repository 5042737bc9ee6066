import type { Knex } from 'knex';
import { isSqlite } from '../connection.js';

/** See 001: text that sorts by its bytes in both databases. */
function text(database: Knex, table: Knex.CreateTableBuilder, name: string): Knex.ColumnBuilder {
  return isSqlite(database) ? table.text(name) : table.specificType(name, 'text collate "C"');
}

/**
 * A certificate is of a run, or of something else that was destroyed, and can take the place of an earlier one.
 * SQLite cannot take a column's reference to `runs` away, so the table is made anew.
 */
export async function up(database: Knex): Promise<void> {
  await database.schema.createTable('certificates_2', (table) => {
    text(database, table, 'number').primary();
    table.integer('year').notNullable();
    table.integer('sequence').notNullable();
    /** `sweep`, `physical`, `disposal`: `subject_id` is a run; others are ids of their own kind. */
    text(database, table, 'subject_kind').notNullable();
    text(database, table, 'subject_id').notNullable();
    text(database, table, 'replaces').unique();
    table.text('issued_at').notNullable();
    table.text('issued_by').notNullable();
    table.integer('items').notNullable();
    table.text('json_sha256').notNullable();
    table.text('pdf_sha256').notNullable();
    /** Of the detached signature of the JSON file; null where it was issued without one. */
    table.text('signature_sha256');
    table.integer('log_seq').notNullable();
    table.unique(['year', 'sequence']);
  });
  await database.raw(`
    insert into certificates_2 (number, year, sequence, subject_kind, subject_id, issued_at, issued_by, items,
      json_sha256, pdf_sha256, log_seq)
    select number, year, sequence, case kind when 'attested' then 'physical' else 'sweep' end, run_id, issued_at,
      issued_by, items, json_sha256, pdf_sha256, log_seq
    from certificates join runs on runs.id = certificates.run_id`);
  await database.schema.dropTable('certificates');
  await database.schema.renameTable('certificates_2', 'certificates');
  await database.raw(
    'create unique index certificates_first on certificates (subject_kind, subject_id) where replaces is null',
  );
  await database.schema.createTable('certificate_signers', (table) => {
    /** SHA-256, hex, of the X.509 certificate in DER. */
    text(database, table, 'fingerprint').primary();
    /** `self-signed` or `imported`. */
    table.text('origin').notNullable();
    /** PEM of the certificate and of those that issued it, nearest first. */
    table.text('certificates').notNullable();
    table.text('recorded_at').notNullable();
    table.text('recorded_by').notNullable();
    table.integer('log_seq').notNullable();
  });
  await database.schema.createTable('certificate_voids', (table) => {
    text(database, table, 'number').primary().references('number').inTable('certificates');
    table.text('voided_at').notNullable();
    table.text('voided_by').notNullable();
    table.text('reason').notNullable();
    table.integer('log_seq').notNullable();
  });
  await database.schema.createTable('certificate_countersignatures', (table) => {
    text(database, table, 'number').notNullable().references('number').inTable('certificates');
    text(database, table, 'operator').notNullable();
    /** `approver` or `witness`. */
    table.text('role').notNullable();
    table.text('signed_at').notNullable();
    /** Canonical JSON that was signed, and the Ed25519 signature over it, base64. */
    table.text('statement').notNullable();
    table.text('signature').notNullable();
    table.integer('log_seq').notNullable();
    table.primary(['number', 'operator']);
  });
}
