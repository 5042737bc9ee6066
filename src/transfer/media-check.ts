import { type Dirent, lstatSync } from 'node:fs';
import { type FileHandle, open, readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { recognize } from '../crypto/index.js';
import { START_BYTES } from './encrypted-file.js';
import { isSheetOf } from './handover.js';
import { inspectMedium, type MediumFacts } from './portable-medium.js';
import { parseReceipt } from './receipt.js';

/** One file that is not encrypted, or that cannot be told. */
export interface MediaFinding {
  /** Relative to the medium. */
  path: string;
  /** In bytes. */
  size: number;
  why: 'not-encrypted' | 'unreadable' | 'link' | 'special';
}

export interface MediaCheck {
  medium: MediumFacts;
  /** Files in a recognized encrypted format. */
  encrypted: number;
  /** Receipts and instruction sheets of this program, which hold no personal information. */
  accompanying: number;
  findings: MediaFinding[];
}

/** Receipts are small; a larger file of that name is none. */
const LARGEST_RECEIPT = 64 * 1024;
const LARGEST_SHEET = 4 * 1024 * 1024;

/**
 * Looks at every file of a medium or folder: personal information on portable devices must be encrypted
 * (201 CMR 17.04(5)). A file counts as encrypted by how it begins; whether it opens is for `decrypt`.
 *
 * @throws Fault `medium-missing` (exit 2)
 */
export async function checkMedia(
  path: string,
  options: { signal: AbortSignal; onFile?: (seen: number) => void },
): Promise<MediaCheck> {
  const medium = inspectMedium(path);
  const check: MediaCheck = { medium, encrypted: 0, accompanying: 0, findings: [] };
  let seen = 0;
  for await (const file of filesBelow(medium.folder, '')) {
    options.signal.throwIfAborted();
    seen += 1;
    options.onFile?.(seen);
    await look(medium.folder, file, check);
  }
  check.findings.sort((one, other) => (one.path < other.path ? -1 : 1));
  return check;
}

interface FoundFile {
  path: string;
  kind: 'file' | MediaFinding['why'];
}

async function* filesBelow(root: string, folder: string): AsyncGenerator<FoundFile> {
  let entries: Dirent[];
  try {
    entries = await readdir(join(root, folder), { withFileTypes: true });
  } catch {
    yield { path: folder, kind: 'unreadable' };
    return;
  }
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(root, path);
    else if (entry.isFile()) yield { path, kind: 'file' };
    else yield { path, kind: entry.isSymbolicLink() ? 'link' : 'special' };
  }
}

async function look(root: string, { path, kind }: FoundFile, check: MediaCheck): Promise<void> {
  const full = join(root, path);
  if (kind !== 'file') {
    check.findings.push({ path, size: 0, why: kind });
    return;
  }
  const { size } = lstatSync(full);
  try {
    if (await isEncrypted(full)) check.encrypted += 1;
    else if (await isAccompanying(full, size)) check.accompanying += 1;
    else check.findings.push({ path, size, why: 'not-encrypted' });
  } catch {
    check.findings.push({ path, size, why: 'unreadable' });
  }
}

async function isEncrypted(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    return (await recognize(await startOf(file))) !== null;
  } finally {
    await file.close();
  }
}

async function startOf(file: FileHandle): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(START_BYTES), 0, START_BYTES, 0);
  return buffer.subarray(0, bytesRead);
}

/** A receipt, or the sheet that a receipt beside it names by its digest: whatever else has such a name is a finding. */
async function isAccompanying(path: string, size: number): Promise<boolean> {
  if (path.endsWith('.receipt.json'))
    return size <= LARGEST_RECEIPT && parseReceipt(await readFile(path, 'utf8')) !== null;
  const [, file] = /^(.+)\.how-to-open\.(?:txt|pdf)$/.exec(basename(path)) ?? [];
  if (file === undefined || size > LARGEST_SHEET) return false;
  const receipt = parseReceipt(
    await readFile(join(dirname(path), `${file}.receipt.json`), 'utf8').catch(() => ''),
  );
  return receipt !== null && isSheetOf(receipt, basename(path), await readFile(path));
}
