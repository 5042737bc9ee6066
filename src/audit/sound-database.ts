import { verificationFailed } from '../model/index.js';
import type { Repositories } from '../store/index.js';

/**
 * What is compared with the log is what queries find: an index that lacks a row hides it from both, a BLOB in place of a
 * text looks the same in a digest, and reaches nothing. Triggers and views can do more.
 *
 * @param tables all that are compared with the log where not given
 * @throws Fault `table-damaged`, `schema-changed` (exit 5)
 */
export async function requireSoundDatabase(
  { soundness }: Repositories,
  tables?: readonly string[],
): Promise<void> {
  if (!(await soundness.isSchemaOurs()))
    throw verificationFailed(
      'schema-changed',
      'The database has a table, an index, a trigger or a view that this program does not make, or lacks one',
      {
        hint: 'Somebody changed it. Keep the workspace as it is, and compare what "sqlite3 quietus.db .schema" prints with that of a new workspace; dispose of nothing until this is explained',
      },
    );
  const table = await soundness.damagedTable(tables);
  if (table === null) return;
  throw verificationFailed(
    'table-damaged',
    `The table ${table} of the database has a value of another kind than this program writes, or an index that does not fit`,
    {
      hint: 'The disk is damaged, or somebody changed the database. Keep the workspace as it is, and compare it with a backup; dispose of nothing until this is explained',
      details: { table },
    },
  );
}
