import { sha256 } from '../crypto/index.js';
import type { Session } from '../session/index.js';
import { writeFileAtomically } from '../workspace/index.js';
import type { EncryptionResult } from './encryption.js';
import { instructionSheet, sheetText } from './instruction-sheet.js';
import { type Receipt, receiptOf, writeReceipt } from './receipt.js';

/** What lies beside the encrypted file. */
export interface Handover {
  receipt: Receipt;
  receiptPath: string | null;
  sheetPath: string | null;
}

/** Writes the instruction sheet for the recipient and the receipt for the sender, where the encryption has made sure of a place. */
export async function handOver(
  session: Session,
  result: EncryptionResult,
  options: { force: boolean },
): Promise<Handover> {
  const { places } = result;
  const exclusive = !options.force;
  const sheet = places.sheet === null ? null : await writeSheet(session, result, places.sheet, exclusive);
  const receipt = receiptOf(session, result, sheet);
  if (places.receipt !== null) await writeReceipt(places.receipt, receipt, exclusive);
  return { receipt, receiptPath: places.receipt, sheetPath: places.sheet };
}

async function writeSheet(
  session: Session,
  result: EncryptionResult,
  path: string,
  exclusive: boolean,
): Promise<{ path: string; content: Uint8Array }> {
  const sheet = instructionSheet(result, session.settings().organization.name);
  const content = path.endsWith('.pdf')
    ? await (await import('./sheet-pdf.js')).sheetPdf(sheet)
    : Buffer.from(sheetText(sheet));
  await writeFileAtomically(path, content, { exclusive });
  return { path, content };
}

/** Whether a file is the instruction sheet that a receipt names. */
export function isSheetOf(receipt: Receipt, name: string, content: Uint8Array): boolean {
  return receipt.instruction_sheet?.file === name && receipt.instruction_sheet.sha256 === sha256(content);
}
