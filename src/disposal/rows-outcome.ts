import type { Outcome, Reason } from '../model/index.js';
import { emptyOutcome, type TargetOutcome } from '../shred/index.js';

export const ROWS_METHOD = 'sql-delete';

/** The method in words, for the certificate. */
export const ROWS_DESCRIPTION =
  "The rows that the statements of the organization's database hook choose were counted, deleted, and counted again in " +
  'one transaction, which was kept only where as many had been deleted as were planned and none was left. Deleting rows ' +
  'is no sanitization of the medium in the sense of NIST SP 800-88 Rev. 2.';

/** What became of the rows of one table. */
export interface DeletedRows {
  table: string;
  rows: number;
}

/** What became of an item that lies in a database. Its reasons are what the database may still hold, where it was deleted. */
export interface RowsOutcome extends Omit<TargetOutcome, 'method' | 'passes'> {
  method: typeof ROWS_METHOD;
  passes: 0;
  /** Rows that were deleted; none where nothing was. */
  deleted: readonly DeletedRows[];
}

/** What becomes of one item, whatever it lies on. */
export type DisposalOutcome = TargetOutcome | RowsOutcome;

export function rowsOutcome(
  itemId: string,
  outcome: Outcome,
  reasons: Reason[],
  deleted: readonly DeletedRows[] = [],
): RowsOutcome {
  return { ...emptyOutcome(itemId, outcome, reasons, null), method: ROWS_METHOD, passes: 0, deleted };
}

export function isOfRows(outcome: DisposalOutcome): outcome is RowsOutcome {
  return outcome.method === ROWS_METHOD;
}

/** `12 rows in customers, 3 rows in orders`. */
export function rowsInWords(deleted: readonly DeletedRows[]): string {
  return deleted.map(({ table, rows }) => `${rows} ${rows === 1 ? 'row' : 'rows'} in ${table}`).join(', ');
}
