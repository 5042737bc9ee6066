import { sha256 } from '../crypto/index.js';
import type { Session } from '../session/index.js';
import { writeFileAtomically } from '../workspace/index.js';
import type { EncryptionResult } from './encryption.js';
import { instructionSheet, sheetText } from './instruction-sheet.js';
import { type Receipt, receiptOf, receiptPath, writeReceipt } from './receipt.js';

export type SheetKind = 'text' | 'pdf' | 'none';

/** What lies beside the encrypted file. */
export interface Handover {
  receipt: Receipt;
  receiptPath: string | null;
  sheetPath: string | null;
}

/**
 * Writes the instruction sheet for the recipient and the receipt for the sender beside the file.
 *
 * @param options.receipt where the receipt goes; null for beside the file, or nowhere for a pipe
 */
export async function handOver(
  session: Session,
  result: EncryptionResult,
  options: { sheet: SheetKind; receipt: string | null; fromMedium: boolean },
): Promise<Handover> {
  const sheet =
    result.output === null ? null : await writeSheet(session, result, result.output, options.sheet);
  const receipt = receiptOf(session, result, sheet, options.fromMedium);
  const path = options.receipt ?? (result.output === null ? null : receiptPath(result.output));
  if (path !== null) await writeReceipt(path, receipt);
  return { receipt, receiptPath: path, sheetPath: sheet?.path ?? null };
}

async function writeSheet(
  session: Session,
  result: EncryptionResult,
  output: string,
  kind: SheetKind,
): Promise<{ path: string; content: Uint8Array } | null> {
  if (kind === 'none') return null;
  const sheet = instructionSheet(result, session.settings().organization.name);
  const path = sheetPath(output, kind);
  const content =
    kind === 'pdf' ? await (await import('./sheet-pdf.js')).sheetPdf(sheet) : Buffer.from(sheetText(sheet));
  await writeFileAtomically(path, content);
  return { path, content };
}

function sheetPath(output: string, kind: 'text' | 'pdf'): string {
  return `${output}.how-to-open.${kind === 'pdf' ? 'pdf' : 'txt'}`;
}

/** Whether a file is the instruction sheet that a receipt names. */
export function isSheetOf(receipt: Receipt, name: string, content: Uint8Array): boolean {
  return receipt.instruction_sheet?.file === name && receipt.instruction_sheet.sha256 === sha256(content);
}
