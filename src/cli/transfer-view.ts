import type { EncryptionResult, Handover, MediumFacts } from '../transfer/index.js';
import { counted } from './counted.js';
import { printable } from './printable.js';
import { bytesInWords } from './sweep-view.js';

const UNRECOVERABLE = {
  'none-registered': 'the workspace has no recovery recipient',
  format: 'the recovery recipient has no key for this format',
  'post-quantum': 'there is none with a post-quantum key, and age mixes these with no others',
};

/** What a portable medium is, before anything is written to it. */
export function mediumText({ removable, model, encrypted }: MediumFacts): string[] {
  const what = model ?? 'The medium';
  const kind =
    removable === true
      ? `${what} is removable.`
      : removable === false
        ? `warning: ${what} is a fixed disk of this machine, not removable.`
        : 'warning: the operating system does not say whether the medium is removable.';
  return encrypted ? [kind, 'Its file system is encrypted as a whole, too (dm-crypt).'] : [kind];
}

/** What was done, for people: the result, and what they should know beside it. */
export function encryptionText(
  result: EncryptionResult,
  { receipt, sheetPath, receiptPath }: Handover,
  { onMedium, passphraseInFile }: { onMedium: boolean; passphraseInFile: boolean },
): { result: string[]; notes: string[] } {
  const { facts, output, choice } = result;
  const names = result.recipients.map(({ name }) => name).join(', ');
  const fromMedium = receipt.verification === 'read-back-from-medium';
  const lines = [`${result.transfer}: ${contentText(facts)}, for ${names}`];
  const notes: string[] = [];
  if (output === null) notes.push('  not read back: it went into a pipe');
  else {
    lines.push(`  file     ${printable(output)}`, `  SHA-256  ${facts.ciphertextSha256}`);
    lines.push(
      `  read back and decrypted: it is what went in${fromMedium ? '; read again from the medium itself' : ''}`,
    );
  }
  if (sheetPath !== null) lines.push(`  sheet    ${printable(sheetPath)}`);
  if (receiptPath !== null) lines.push(`  receipt  ${printable(receiptPath)}`);
  if (onMedium && !fromMedium)
    notes.push(
      'warning: it could not be read past every cache: not every file system allows that, and an image file, memory and other machines have caches of their own; take the medium out, put it in again, and compare: sha256sum',
    );
  if (choice.unrecoverable !== null)
    notes.push(`note: no recovery recipient can open it: ${UNRECOVERABLE[choice.unrecoverable]}`);
  for (const { path, why } of result.skipped) notes.push(`left out: ${printable(path)} ${why}`);
  if (choice.byPassphrase && passphraseInFile)
    notes.push('The passphrase is in the file of --passphrase-to; it never travels with the encrypted file.');
  return { result: lines, notes };
}

/** How much there is in a file. */
function contentText({ files, plaintextBytes }: EncryptionResult['facts']): string {
  const bytes = bytesInWords(plaintextBytes);
  return files === null ? bytes : `${counted(files, 'file')}, ${bytes}`;
}

/** The passphrase and how it reaches each recipient. */
export function passphraseText(recipients: EncryptionResult['recipients'], passphrase: string): string[] {
  const ways = recipients.map(({ name, channel }) => `${name}: ${channel ?? 'as agreed'}`).join('; ');
  return [
    '',
    '  The passphrase, shown this once:',
    '',
    `    ${passphrase}`,
    '',
    `  Give it by another way than the file (${ways}).`,
    '',
  ];
}
