import { classesOf, type InventoryItem } from '../model/index.js';
import { COLUMNS } from './columns.js';
import type { Header, HeaderColumn } from './header.js';
import {
  type Draft,
  emptyDraft,
  eventReader,
  type FieldReader,
  fieldReader,
  type ReadOptions,
} from './item-reader.js';
import { valueClass } from './value-class.js';

/** One thing that is wrong with one row of the file. */
export interface RowProblem {
  /** Line of the file on which the row starts, from 1. */
  line: number;
  /** Header of the column, as the file writes it; null where the whole row is meant. */
  column: string | null;
  /** What kind of value the cell holds; the value itself is never repeated. */
  valueClass: string | null;
  /** Completes `COLUMN …`, or a sentence of its own where there is no column. */
  reason: string;
  hint: string | null;
}

interface Cell {
  index: number;
  header: string;
  required: boolean;
  read: FieldReader;
}

/** Reads the rows of one file. */
export class RowReader {
  readonly #cells: readonly Cell[];

  constructor(
    readonly header: Header,
    options: ReadOptions,
  ) {
    this.#cells = header.columns.map((column) => ({
      index: column.index,
      header: column.header,
      required: 'definition' in column && column.definition.required === true,
      read:
        'event' in column
          ? eventReader(column.event, options)
          : fieldReader(column.definition.field, options),
    }));
  }

  /** @returns the item, or all that is wrong with the row */
  read(record: readonly string[], line: number): InventoryItem | RowProblem[] {
    if (record.length !== this.header.width) return [ragged(record.length, this.header.width, line)];
    const draft = emptyDraft();
    let problems: RowProblem[] | undefined;
    for (const { index, header, required, read } of this.#cells) {
      const text = record[index] ?? '';
      if (text === '' && !required) continue;
      const mistake = read(draft, text);
      if (mistake === undefined) continue;
      problems ??= [];
      const { reason, hint } = mistake;
      problems.push({ line, column: header, valueClass: valueClass(text), reason, hint });
    }
    return problems ?? draft;
  }
}

function ragged(found: number, expected: number, line: number): RowProblem {
  return {
    line,
    column: null,
    valueClass: null,
    reason: `has ${found} ${found === 1 ? 'cell' : 'cells'}, and the header line has ${expected}`,
    hint: 'Put cells that contain the delimiter or a quote in double quotes',
  };
}

/** Whether a record is an empty line, or one of empty cells as spreadsheets leave at the end. */
export function isBlank(record: readonly string[]): boolean {
  return record.every((cell) => cell === '');
}

/**
 * What an existing item becomes when a row is laid over it: columns that the file does not have stay as they are,
 * an empty cell empties.
 */
export function laidOver(
  existing: InventoryItem,
  row: InventoryItem,
  columns: readonly HeaderColumn[],
): Draft {
  const merged: Draft = { ...itemOf(existing) };
  const events = { ...existing.events };
  for (const column of columns) {
    if ('event' in column) delete events[column.event];
    else {
      Object.assign(merged, { [column.definition.field]: row[column.definition.field] });
      if (column.definition.field === 'recordClass') merged.otherClasses = row.otherClasses;
    }
  }
  merged.events = { ...events, ...row.events };
  return merged;
}

/** The item without what the store knows besides. */
export function itemOf(item: InventoryItem): InventoryItem {
  return {
    id: item.id,
    title: item.title,
    recordClass: item.recordClass,
    otherClasses: item.otherClasses,
    medium: item.medium,
    location: item.location,
    piElements: item.piElements,
    dataSubjects: item.dataSubjects,
    subjects: item.subjects,
    custodian: item.custodian,
    department: item.department,
    created: item.created,
    modified: item.modified,
    closed: item.closed,
    lastUsed: item.lastUsed,
    events: item.events,
    copiesElsewhere: item.copiesElsewhere,
    notes: item.notes,
  };
}

/** Names of the columns in which two items differ, in the order of the columns; events by name after them. */
export function changedColumns(before: InventoryItem, after: InventoryItem): string[] {
  const fields = COLUMNS.filter(({ field }) => {
    if (field === 'recordClass') return classesOf(before).join() !== classesOf(after).join();
    if (field === 'piElements' || field === 'subjects') return before[field].join() !== after[field].join();
    return before[field] !== after[field];
  }).map(({ name }) => name);
  const names = new Set([...Object.keys(before.events), ...Object.keys(after.events)]);
  const events = [...names].filter((name) => before.events[name] !== after.events[name]);
  return [...fields, ...events.toSorted().map((name) => `event:${name}`)];
}
