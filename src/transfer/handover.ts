import { sha256 } from '../crypto/index.js';
import { ExitCode, Fault } from '../model/index.js';
import type { Session } from '../session/index.js';
import { writeFileAtomically } from '../workspace/index.js';
import type { EncryptionResult } from './encryption.js';
import { type InstructionSheet, instructionSheet, sheetText } from './instruction-sheet.js';
import { type Receipt, receiptOf, writeReceipt } from './receipt.js';
import { identityAt } from './temporary-output.js';

/** What lies beside the encrypted file. */
export interface Handover {
  receipt: Receipt;
  receiptPath: string | null;
  sheetPath: string | null;
}

/**
 * Writes the instruction sheet for the recipient and the receipt for the sender, where the encryption has made sure of a place.
 *
 * @throws Fault `handover-incomplete` (exit 3) where one of them cannot be written, or where another encryption has put its
 *   file in the place of this one: then what lies beside it may be of either
 */
export async function handOver(
  session: Session,
  result: EncryptionResult,
  options: { force: boolean },
): Promise<Handover> {
  let handover: Handover;
  try {
    handover = await written(session, result, !options.force);
  } catch (error) {
    throw incomplete(result, error);
  }
  if (!(await isStillThere(result))) throw replaced(result);
  return handover;
}

async function isStillThere({ output, identity }: EncryptionResult): Promise<boolean> {
  if (output === null || identity === null) return true;
  const there = await identityAt(output).catch(() => null);
  return there !== null && there.device === identity.device && there.inode === identity.inode;
}

function replaced({ transfer }: EncryptionResult): Fault {
  return new Fault(
    'handover-incomplete',
    ExitCode.partial,
    `The file of ${transfer} is not at its place any more: its receipt and its sheet may lie beside another one`,
    { hint: 'Encrypt both again, each to a name of its own' },
  );
}

async function written(session: Session, result: EncryptionResult, exclusive: boolean): Promise<Handover> {
  const { places } = result;
  const sheet = places.sheet === null ? null : await writeSheet(session, result, places.sheet, exclusive);
  const receipt = receiptOf(session, result, sheet);
  if (places.receipt !== null) await writeReceipt(places.receipt, receipt, exclusive);
  return { receipt, receiptPath: places.receipt, sheetPath: places.sheet };
}

/** What is encrypted stays: an error that sounds as if nothing was done would have somebody look no further. */
function incomplete(result: EncryptionResult, cause: unknown): Fault {
  const { code, message } = cause as NodeJS.ErrnoException;
  const what = `${result.transfer} is encrypted and recorded, but its sheet or its receipt could not be written`;
  return new Fault('handover-incomplete', ExitCode.partial, `${what} (${code ?? message})`, {
    cause,
    hint: 'Use the file as it is, or make room, or give another place, and encrypt again with --force',
  });
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
