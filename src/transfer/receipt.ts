import { basename } from 'node:path';
import { sha256 } from '../crypto/index.js';
import type { Session } from '../session/index.js';
import { instant, writeFileAtomically } from '../workspace/index.js';
import type { EncryptionResult } from './encryption.js';
import type { WrittenFacts } from './transfer-record.js';

const FORMAT = 'quietus-receipt/1';

/** What the sender keeps of one transfer: no name of a file inside, no contact, no passphrase. */
export interface Receipt {
  format: typeof FORMAT;
  /** UUID of the workspace. */
  workspace: string;
  transfer: string;
  /** RFC 3339, UTC. */
  created_at: string;
  /** Name of the encrypted file, which says nothing; null for a pipe. */
  file: string | null;
  encryption: string;
  armored: boolean;
  packed: boolean;
  compressed: boolean;
  recipients: { name: string; kind: string; fingerprint: string | null; recovery: boolean }[];
  /** Recovery recipient that the passphrase is kept for in the workspace. */
  passphrase_escrow: string | null;
  /** Null where nobody knows, as of a pack that was encrypted again. */
  files: number | null;
  left_out: number;
  plaintext_bytes: number;
  ciphertext_bytes: number;
  /** Null for a pipe. */
  ciphertext_sha256: string | null;
  /** What was done to make sure that the file can be opened. */
  verification: 'read-back-and-decrypted' | 'read-back-from-medium' | 'none';
  /** The instruction sheet beside the file. */
  instruction_sheet: { file: string; sha256: string } | null;
  log: { seq: number; hash: string };
}

/** @param sheet name and content of the instruction sheet */
export function receiptOf(
  session: Session,
  result: EncryptionResult,
  sheet: { path: string; content: Uint8Array } | null,
): Receipt {
  const { facts } = result;
  return {
    format: FORMAT,
    workspace: session.settings().workspaceId,
    transfer: result.transfer,
    created_at: instant(session.clock),
    file: result.output && basename(result.output),
    encryption: result.choice.format,
    armored: result.armored,
    packed: result.packed,
    compressed: result.compressed,
    recipients: result.recipients.map(({ name, kind, fingerprint, recovery }) => ({
      name,
      kind,
      fingerprint,
      recovery,
    })),
    passphrase_escrow: facts.escrow === null ? null : (result.choice.escrow?.name ?? null),
    files: facts.files,
    left_out: facts.leftOut,
    plaintext_bytes: facts.plaintextBytes,
    ciphertext_bytes: facts.ciphertextBytes,
    ciphertext_sha256: facts.ciphertextSha256,
    verification: verificationOf(facts),
    instruction_sheet: sheet && { file: basename(sheet.path), sha256: sha256(sheet.content) },
    log: result.log,
  };
}

function verificationOf({ ciphertextSha256, fromMedium }: WrittenFacts): Receipt['verification'] {
  if (ciphertextSha256 === null) return 'none';
  return fromMedium ? 'read-back-from-medium' : 'read-back-and-decrypted';
}

/** @param exclusive replaces nothing that has come there since its place was found free */
export async function writeReceipt(path: string, receipt: Receipt, exclusive: boolean): Promise<void> {
  await writeFileAtomically(path, receiptText(receipt), { exclusive });
}

function receiptText(receipt: Receipt): string {
  return `${JSON.stringify(receipt, null, 2)}\n`;
}

/**
 * Reads a receipt strictly: exactly what this program writes, so that nothing else can hide in a file of that name.
 *
 * @param name of the receipt itself: what the sender called the encrypted file may be any text, but then only the one that
 *   this name shows already
 * @returns null for anything else
 */
export function parseReceipt(text: string, name: string): Receipt | null {
  try {
    const value = JSON.parse(text) as Receipt;
    return value.format === FORMAT && receiptText(strict(value, name)) === text ? value : null;
  } catch {
    return null;
  }
}

const TEXTS = /^[\w.:+-]{1,200}$/;
const NAMES = /^[a-z0-9._-]{1,64}$/;

/** The same receipt built anew from values of the expected form. @throws Error for any other value */
function strict(value: Receipt, receiptName: string): Receipt {
  const text = (part: unknown): string => matching(part, TEXTS);
  const name = (part: unknown): string => matching(part, NAMES);
  const optional = <Part>(part: Part | null, read: (known: Part) => Part): Part | null =>
    part === null ? null : read(part);
  return {
    format: FORMAT,
    workspace: text(value.workspace),
    transfer: text(value.transfer),
    created_at: text(value.created_at),
    file: optional(value.file, (file) => (receiptName === `${file}.receipt.json` ? file : text(file))),
    encryption: name(value.encryption),
    armored: flag(value.armored),
    packed: flag(value.packed),
    compressed: flag(value.compressed),
    recipients: value.recipients.map((each) => ({
      name: name(each.name),
      kind: name(each.kind),
      fingerprint: optional(each.fingerprint, text),
      recovery: flag(each.recovery),
    })),
    passphrase_escrow: optional(value.passphrase_escrow, name),
    files: optional(value.files, count),
    left_out: count(value.left_out),
    plaintext_bytes: count(value.plaintext_bytes),
    ciphertext_bytes: count(value.ciphertext_bytes),
    ciphertext_sha256: optional(value.ciphertext_sha256, text),
    verification: name(value.verification) as Receipt['verification'],
    instruction_sheet: optional(value.instruction_sheet, ({ file, sha256: digest }) => ({
      file: isSheetName(file, value.file) ? file : text(file),
      sha256: text(digest),
    })),
    log: { seq: count(value.log.seq), hash: text(value.log.hash) },
  };
}

function isSheetName(name: string, encryptedFile: string | null): boolean {
  return name === `${encryptedFile}.how-to-open.txt` || name === `${encryptedFile}.how-to-open.pdf`;
}

function matching(part: unknown, pattern: RegExp): string {
  if (typeof part === 'string' && pattern.test(part)) return part;
  throw new Error('not a receipt');
}

function flag(part: unknown): boolean {
  if (typeof part === 'boolean') return part;
  throw new Error('not a receipt');
}

function count(part: unknown): number {
  if (Number.isSafeInteger(part) && Number(part) >= 0) return Number(part);
  throw new Error('not a receipt');
}
