/** Columns of the inventory file, as docs/inventory.md describes them. */
const COLUMNS = [
  'id',
  'title',
  'class',
  'medium',
  'location',
  'pi_elements',
  'data_subjects',
  'custodian',
  'department',
  'created',
  'closed',
  'last_used',
  'event:hire',
  'event:termination',
  'notes',
] as const;

export type InventoryRow = Readonly<Record<(typeof COLUMNS)[number], string>>;

export function inventoryRow(
  values: Partial<Record<(typeof COLUMNS)[number], string | number>>,
): InventoryRow {
  const row = Object.fromEntries(COLUMNS.map((column) => [column, String(values[column] ?? '')]));
  return row as InventoryRow;
}

/** The rows as a CSV file (RFC 4180). */
export function inventoryCsv(rows: readonly InventoryRow[]): string {
  const quoted = (text: string) => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const lines = rows.map((row) => COLUMNS.map((column) => quoted(row[column])).join(','));
  return `${[COLUMNS.join(','), ...lines].join('\r\n')}\r\n`;
}
