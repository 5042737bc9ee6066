import { sha256 } from '../crypto/index.js';
import type { Session } from '../session/index.js';
import { writeFileAtomically } from '../workspace/index.js';
import type { EncryptionResult } from './encryption.js';
import { type InstructionSheet, instructionSheet, sheetText } from './instruction-sheet.js';
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
  const content = path.endsWith('.pdf') ? await pdfOf(session, sheet) : Buffer.from(sheetText(sheet));
  await writeFileAtomically(path, content, { exclusive });
  return { path, content };
}

/** As a PDF, with a warning where it prints characters as boxes: they can be of a name that the recipient has to type. */
async function pdfOf(session: Session, sheet: InstructionSheet): Promise<Uint8Array> {
  const { sheetPdf } = await import('./sheet-pdf.js');
  const { fontAdvice, usableFont } = await import('../certificate/index.js');
  const font = usableFont(session.settings().certificate.font);
  const { bytes, missingCharacters: missing } = await sheetPdf(sheet, font);
  if (missing > 0) {
    const characters = missing === 1 ? '1 character as a box' : `${missing} characters as boxes`;
    session.warn(
      `The PDF of the instruction sheet prints ${characters}, because its fonts lack them. ${fontAdvice(session)}. As text it has them: --sheet text`,
    );
  }
  return bytes;
}

/** Whether a file is the instruction sheet that a receipt names. */
export function isSheetOf(receipt: Receipt, name: string, content: Uint8Array): boolean {
  return receipt.instruction_sheet?.file === name && receipt.instruction_sheet.sha256 === sha256(content);
}
