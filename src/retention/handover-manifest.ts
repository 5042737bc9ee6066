import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson } from '../crypto/index.js';
import { protectedPaths } from '../disposal/index.js';
import { classesOf, isOverwritable, refused } from '../model/index.js';
import type { Session } from '../session/index.js';
import { createExaminer, entryPathBytes, TreeChanged } from '../shred/index.js';
import type { StoredItem } from '../store/index.js';

const FORMAT = 'quietus-handover/1';
const CHUNK = 1024 * 1024;

/** One file of an item, as the receiver can check it. */
interface ManifestFile {
  /** Below the item's location; empty for an item that is one file. Bytes that are not printable stand as %XX. */
  path: string;
  bytes: number;
  /** SHA-256 of its content, hex. */
  sha256: string;
}

interface ManifestItem {
  id: string;
  title: string;
  record_classes: readonly string[];
  medium: string;
  location: string;
  pi_elements: readonly string[];
  data_subjects: number | null;
  keep_until: string | null;
  files: readonly ManifestFile[];
}

export interface HandoverManifest {
  format: typeof FORMAT;
  handover: string;
  workspace: string;
  organization: { name: string; address: string | null };
  plan: { id: string; sha256: string };
  receiver: string;
  prepared_at: string;
  prepared_by: string;
  totals: {
    items: number;
    files: number;
    bytes: number;
    data_subjects: number;
    items_without_data_subjects: number;
  };
  items: readonly ManifestItem[];
}

/**
 * What is handed over, item by item and file by file. Files are read once for their digests, and looked at again: what
 * changes meanwhile calls the hand-over off.
 *
 * @throws Fault `handover-unreadable` (exit 4)
 */
export async function manifestItems(
  session: Session,
  items: readonly StoredItem[],
  signal: AbortSignal | undefined,
): Promise<ManifestItem[]> {
  const result: ManifestItem[] = [];
  for (const item of items) {
    signal?.throwIfAborted();
    result.push({
      id: item.id,
      title: item.title,
      record_classes: classesOf(item),
      medium: item.medium,
      location: item.location,
      pi_elements: item.piElements,
      data_subjects: item.dataSubjects,
      keep_until: item.due.keepUntil,
      files: isOverwritable(item.medium) ? await filesOf(session, item, item.medium) : [],
    });
  }
  return result;
}

export function manifestTotals(items: readonly ManifestItem[]): HandoverManifest['totals'] {
  const files = items.flatMap((item) => item.files);
  return {
    items: items.length,
    files: files.length,
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    data_subjects: items.reduce((sum, item) => sum + (item.data_subjects ?? 0), 0),
    items_without_data_subjects: items.filter((item) => item.data_subjects === null).length,
  };
}

export function manifestOf(facts: Omit<HandoverManifest, 'format'>): HandoverManifest {
  return { format: FORMAT, ...facts };
}

/** A line for each file, and one for each item without files (RFC 4180). */
export function manifestTable(items: readonly ManifestItem[]): string {
  const rows = items.flatMap((item) => {
    const head = [item.id, item.title, item.record_classes.join(';'), item.medium, item.location];
    const tail = [item.pi_elements.join(';'), item.data_subjects === null ? '' : String(item.data_subjects)];
    if (item.files.length === 0) return [[...head, ...tail, '', '', '']];
    return item.files.map(({ path, bytes, sha256 }) => [...head, ...tail, path, String(bytes), sha256]);
  });
  return [HEADER, ...rows].map((cells) => `${cells.map(cell).join(',')}\r\n`).join('');
}

const HEADER = [
  'item',
  'title',
  'classes',
  'medium',
  'location',
  'pi_elements',
  'data_subjects',
  'file',
  'bytes',
  'sha256',
];

/** Quoted where CSV asks for it; what a spreadsheet would take for a formula gets an apostrophe before it. */
function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

async function filesOf(
  session: Session,
  item: StoredItem,
  medium: 'file' | 'folder',
): Promise<ManifestFile[]> {
  const examiner = createExaminer({ protectedPaths: protectedPaths(session.paths) });
  const before = examiner.examineNow(item.location, medium);
  if (before.status !== 'ready') throw unreadable(item.id, before.reason.text);
  const files: ManifestFile[] = [];
  try {
    for (const { path, type, size } of before.readAgain()) {
      if (type === 'symlink')
        throw unreadable(item.id, 'It holds a symbolic link, which would lead nowhere there');
      if (type !== 'file') continue;
      const name = path === '' ? Buffer.from(item.location) : below(item.location, path);
      files.push({ path, bytes: Number(size), sha256: await digestOf(name, item.id) });
    }
  } catch (error) {
    if (error instanceof TreeChanged) throw unreadable(item.id, CHANGED);
    throw error;
  }
  const after = createExaminer({ protectedPaths: protectedPaths(session.paths) }).examineNow(
    item.location,
    medium,
  );
  const same =
    after.status === 'ready' && canonicalJson(after.fingerprint) === canonicalJson(before.fingerprint);
  if (!same) throw unreadable(item.id, CHANGED);
  return files;
}

const CHANGED = 'It was changed while its digests were taken';

function below(folder: string, path: string): Buffer {
  return Buffer.concat([Buffer.from(join(folder, '/')), entryPathBytes(path)]);
}

async function digestOf(path: Buffer, itemId: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    const file = await open(
      path,
      constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0),
    );
    try {
      const buffer = Buffer.alloc(CHUNK);
      for (;;) {
        const { bytesRead } = await file.read(buffer, 0, CHUNK, null);
        if (bytesRead === 0) return hash.digest('hex');
        hash.update(buffer.subarray(0, bytesRead));
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    throw unreadable(
      itemId,
      `One of its files cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`,
    );
  }
}

function unreadable(itemId: string, why: string): Error {
  return refused('handover-unreadable', `${itemId} cannot be handed over. ${why.replace(/\.$/, '')}`, {
    hint: 'Nothing was handed over; see to it, then run it again',
    details: { item: itemId },
  });
}
