import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ImportOptions, type ImportResult, importInventory } from '../../src/inventory/index.js';
import type { InventoryItem } from '../../src/model/index.js';
import type { Session } from '../../src/session/index.js';
import { temporaryFolder } from '../temporary-folder.js';

export const HEADER = 'id,title,class,medium,location,pi_elements,data_subjects,closed';

/** A good row under {@link HEADER}. */
export function row(
  id: string,
  changes: Partial<Record<'title' | 'class' | 'subjects' | 'closed', string>> = {},
): string {
  const {
    title = 'Payroll',
    class: recordClass = 'payroll',
    subjects = '12',
    closed = '2020-06-30',
  } = changes;
  return `${id},${title},${recordClass},file,/srv/hr/${id}.csv,ssn,${subjects},${closed}`;
}

/** Imports a text as a file. @returns the result, with the file's path */
export async function importText(
  session: Session,
  content: string | Uint8Array,
  options: ImportOptions = {},
): Promise<ImportResult & { path: string }> {
  const path = join(temporaryFolder(), 'items.csv');
  writeFileSync(path, content);
  return { ...(await importInventory(session, { input: { path }, options })), path };
}

export async function allItems(session: Session): Promise<InventoryItem[]> {
  const items: InventoryItem[] = [];
  for await (const page of session.store.items.all({})) items.push(...page);
  return items;
}

/** What the log says was done, in order, without what the workspace's making wrote. */
export async function loggedActions(
  session: Session,
): Promise<{ action: string; data: unknown; subject: unknown }[]> {
  const records = await session.store.log.page(0, 1000);
  return records
    .map(({ entry }) => JSON.parse(entry) as { action: string; data: unknown; subject: unknown })
    .filter(({ action }) => action.startsWith('inventory.'))
    .map(({ action, data, subject }) => ({ action, data, subject }));
}

export function fileText(path: string): string {
  return readFileSync(path, 'utf8');
}

export function permissions(path: string): number {
  return statSync(path).mode & 0o777;
}
