import { createHash } from 'node:crypto';
import { lstat } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { badInput } from '../model/index.js';
import type { Session } from '../session/index.js';
import type { ItemFilter, StoredItem } from '../store/index.js';
import { csvLine, itemCells, itemHeader } from './csv-text.js';
import { openOutputFile } from './output-file.js';

/** A new file (0600), or a stream such as standard output. */
export type ExportTarget = { path: string; force?: boolean } | { stream: Writable };

export interface ExportRequest {
  target: ExportTarget;
  filter?: Omit<ItemFilter, 'state'>;
  signal?: AbortSignal;
  onProgress?: (items: number) => void;
}

export interface ExportResult {
  items: number;
  /** SHA-256, hex, of the bytes written. */
  sha256: string;
}

/**
 * Writes the items that are not disposed of as CSV that imports again to the same items: UTF-8 without a byte
 * order mark, commas, CRLF (RFC 4180), sorted by id. Text that a spreadsheet would run as a formula gets an
 * apostrophe in front, which import takes away.
 *
 * It reads personal information out, so it is logged: a file's export before the file gets its name, a stream's
 * before the first byte and again at its end.
 *
 * @throws Fault `file-exists` unless `force`, `inventory-changed` where an import added an event meanwhile
 */
export async function exportInventory(session: Session, request: ExportRequest): Promise<ExportResult> {
  const { target } = request;
  if ('stream' in target) {
    await log(session, 'intent', { target: 'stream' });
    const result = await writeItems(session, request, (text) => writeTo(target.stream, text));
    await log(session, 'done', { target: 'stream', ...result });
    return result;
  }
  if (!target.force) await requireFree(target.path);
  const file = await openOutputFile(target.path);
  try {
    const result = await writeItems(session, request, (text) => file.write(text));
    await log(session, 'done', { target: 'file', ...result });
    await file.commit();
    return result;
  } finally {
    await file.abandon();
  }
}

async function writeItems(
  session: Session,
  request: ExportRequest,
  write: (text: string) => Promise<void>,
): Promise<ExportResult> {
  const events = await session.store.items.eventNames();
  const hash = createHash('sha256');
  const put = async (text: string) => {
    hash.update(text);
    await write(text);
  };
  await put(csvLine(itemHeader(events)));
  let items = 0;
  for await (const page of session.store.items.all(request.filter ?? {})) {
    request.signal?.throwIfAborted();
    const present = page.filter(({ state }) => state !== 'disposed');
    for (const item of present) requireColumns(item, events);
    await put(present.map((item) => csvLine(itemCells(item, events))).join(''));
    items += present.length;
    request.onProgress?.(items);
  }
  return { items, sha256: hash.digest('hex') };
}

/** The header was written before the items were read. */
function requireColumns(item: StoredItem, events: readonly string[]): void {
  if (Object.keys(item.events).every((event) => events.includes(event))) return;
  throw badInput('inventory-changed', 'The inventory got a new event while it was being exported', {
    hint: 'Export it again',
  });
}

async function log(
  session: Session,
  outcome: 'intent' | 'done',
  data: Record<string, unknown>,
): Promise<void> {
  await session.store.transaction((transaction) =>
    session.recorder.append(transaction, { action: 'inventory.export', outcome, data }),
  );
}

async function requireFree(path: string): Promise<void> {
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  if (found === undefined) return;
  throw badInput('file-exists', `${path} is already there`, {
    hint: 'Name another file, or replace it with --force',
  });
}

/** Waits for a slow reader, so that memory stays flat. */
async function writeTo(stream: Writable, text: string): Promise<void> {
  await new Promise<void>((done, fail) => {
    stream.write(text, (error) => (error ? fail(error) : done()));
  });
}
