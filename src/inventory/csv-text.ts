import { classesOf, type InventoryItem } from '../model/index.js';
import { protectedText } from './cell-values.js';
import { COLUMNS, EVENT_PREFIX, type ItemField } from './columns.js';

/** One line of CSV (RFC 4180), with its line end. */
export function csvLine(cells: readonly string[], delimiter = ','): string {
  return `${cells.map((cell) => csvCell(cell, delimiter)).join(delimiter)}\r\n`;
}

function csvCell(text: string, delimiter: string): string {
  const quote = text.includes(delimiter) || /["\r\n]|^\s|\s$/.test(text);
  return quote ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Header line of an export with a column for each of the events. */
export function itemHeader(events: readonly string[]): string[] {
  return [...COLUMNS.map(({ name }) => name), ...events.map((event) => `${EVENT_PREFIX}${event}`)];
}

/** The cells of an item under {@link itemHeader}; imported again they make the same item. */
export function itemCells(item: InventoryItem, events: readonly string[]): string[] {
  return [
    ...COLUMNS.map(({ field }) => cellText(item, field)),
    ...events.map((event) => (Object.hasOwn(item.events, event) ? (item.events[event] ?? '') : '')),
  ];
}

function cellText(item: InventoryItem, field: ItemField): string {
  if (field === 'piElements' || field === 'subjects') return item[field].join(';');
  if (field === 'recordClass') return classesOf(item).join(';');
  const value = item[field];
  if (value === null) return '';
  return typeof value === 'number' ? String(value) : protectedText(value);
}
