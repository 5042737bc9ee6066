import type { InventoryItem } from '../model/index.js';

/** Field of an item that a column fills; the one of `recordClass` fills `otherClasses` too. */
export type ItemField = Exclude<keyof InventoryItem, 'events' | 'otherClasses'>;

export interface ColumnDefinition {
  name: string;
  field: ItemField;
  /** Other headers that mean the same, as {@link plainHeader} writes them. */
  aliases: readonly string[];
  required?: true;
}

/** Every column but those of events, in the order in which cells are read: a location is read after its medium. */
export const COLUMNS: readonly ColumnDefinition[] = [
  { name: 'id', field: 'id', aliases: ['item_id', 'record_id'], required: true },
  { name: 'title', field: 'title', aliases: ['name', 'description'], required: true },
  { name: 'class', field: 'recordClass', aliases: ['record_class', 'record_series', 'series'] },
  { name: 'medium', field: 'medium', aliases: ['type'], required: true },
  { name: 'location', field: 'location', aliases: ['path'], required: true },
  { name: 'pi_elements', field: 'piElements', aliases: ['pi'] },
  { name: 'data_subjects', field: 'dataSubjects', aliases: [] },
  { name: 'subjects', field: 'subjects', aliases: ['subject', 'case'] },
  { name: 'custodian', field: 'custodian', aliases: [] },
  { name: 'department', field: 'department', aliases: ['dept'] },
  { name: 'created', field: 'created', aliases: [] },
  { name: 'modified', field: 'modified', aliases: [] },
  { name: 'closed', field: 'closed', aliases: [] },
  { name: 'last_used', field: 'lastUsed', aliases: [] },
  { name: 'copies_elsewhere', field: 'copiesElsewhere', aliases: [] },
  { name: 'notes', field: 'notes', aliases: [] },
];

/** What stands before the name of an event in a header: `event:termination`. */
export const EVENT_PREFIX = 'event:';

/** First columns of a rejects file; ignored when it is imported again after correction. */
export const REJECTS_COLUMNS = ['rejected_line', 'rejected_column', 'rejected_reason'] as const;

const BY_HEADER = new Map(
  COLUMNS.flatMap((column) => [column.name, ...column.aliases].map((header) => [header, column] as const)),
);

/** A header without what does not tell headers apart: case, outer spaces, hyphens and spaces for underscores. */
export function plainHeader(text: string): string {
  return text
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/g, '_');
}

/** The column that a plain header names, by its name or an alias. */
export function columnOf(plain: string): ColumnDefinition | undefined {
  return BY_HEADER.get(plain);
}

/** Every header that is known, for suggestions. */
export function knownHeaders(): string[] {
  return [...BY_HEADER.keys()];
}
