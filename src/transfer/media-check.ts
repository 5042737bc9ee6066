import { lstatSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type EncryptionEvidence, recognizeEncrypted } from '../crypto/index.js';
import { type FoundFile, filesBelow } from './files-below.js';
import { isSheetOf } from './handover.js';
import { inspectMedium, type MediumFacts } from './portable-medium.js';
import { parseReceipt, type Receipt } from './receipt.js';

/** One file that is not encrypted, or that cannot be told. */
export interface MediaFinding {
  /** Relative to the medium. */
  path: string;
  /** In bytes. */
  size: number;
  why: 'not-encrypted' | 'unreadable' | 'link' | 'special';
}

/** A file that counts as encrypted, though a person should know something about it. */
export interface MediaRemark {
  path: string;
  format: string;
  note: string;
}

export interface MediaCheck {
  medium: MediumFacts;
  /** Files in a recognized encrypted format. */
  encrypted: number;
  /** Receipts and instruction sheets of this program, which hold no personal information. */
  accompanying: number;
  findings: MediaFinding[];
  remarks: MediaRemark[];
}

/** Receipts are small; a larger file of that name is none. */
const LARGEST_RECEIPT = 64 * 1024;
const LARGEST_SHEET = 4 * 1024 * 1024;

/**
 * Looks at every file of a medium or folder: personal information on portable devices must be encrypted
 * (201 CMR 17.04(5)). A file counts as encrypted by its structure, as far as that can be read without a key; whether it
 * opens is for `decrypt`.
 *
 * @throws Fault `medium-missing` (exit 2)
 */
export async function checkMedia(
  path: string,
  options: { signal: AbortSignal; onFile?: (seen: number) => void },
): Promise<MediaCheck> {
  const medium = await inspectMedium(path);
  const check: MediaCheck = { medium, encrypted: 0, accompanying: 0, findings: [], remarks: [] };
  let seen = 0;
  for await (const file of filesBelow(medium.folder)) {
    options.signal.throwIfAborted();
    seen += 1;
    options.onFile?.(seen);
    await look(medium.folder, file, check);
  }
  const byPath = (one: { path: string }, other: { path: string }) => (one.path < other.path ? -1 : 1);
  check.findings.sort(byPath);
  check.remarks.sort(byPath);
  return check;
}

async function look(root: string, { path, kind }: FoundFile, check: MediaCheck): Promise<void> {
  const full = join(root, path);
  if (kind !== 'file') {
    check.findings.push({ path, size: 0, why: kind });
    return;
  }
  const { size } = lstatSync(full);
  try {
    const evidence = await evidenceOf(full, size);
    if (evidence !== null) accept(path, evidence, check);
    else if (await isAccompanying(full, size)) check.accompanying += 1;
    else check.findings.push({ path, size, why: 'not-encrypted' });
  } catch {
    check.findings.push({ path, size, why: 'unreadable' });
  }
}

function accept(path: string, { format, certainty, note }: EncryptionEvidence, check: MediaCheck): void {
  check.encrypted += 1;
  const more = note ?? (certainty === 'header' ? 'only its header shows that it is encrypted' : null);
  if (more !== null) check.remarks.push({ path, format, note: more });
}

async function evidenceOf(path: string, size: number): Promise<EncryptionEvidence | null> {
  const file = await open(path, 'r');
  try {
    return await recognizeEncrypted({ kind: 'file', file, size });
  } finally {
    await file.close();
  }
}

/** A receipt, or the sheet that a receipt beside it names by its digest: whatever else has such a name is a finding. */
async function isAccompanying(path: string, size: number): Promise<boolean> {
  if (path.endsWith('.receipt.json')) return size <= LARGEST_RECEIPT && (await receiptAt(path)) !== null;
  const [, file] = /^(.+)\.how-to-open\.(?:txt|pdf)$/s.exec(basename(path)) ?? [];
  if (file === undefined || size > LARGEST_SHEET) return false;
  const receipt = await receiptAt(join(dirname(path), `${file}.receipt.json`)).catch(() => null);
  return receipt !== null && isSheetOf(receipt, basename(path), await readFile(path));
}

async function receiptAt(path: string): Promise<Receipt | null> {
  return parseReceipt(await readFile(path, 'utf8'), basename(path));
}
