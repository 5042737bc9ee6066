import type { Reencryption, ReencryptionRun, reencryptPaths } from '../transfer/index.js';
import type { QuietusCommand } from './base-command.js';
import { counted } from './counted.js';

/** Tells what becomes of each file, as it happens. */
export function reencryptionReport(
  command: Pick<QuietusCommand, 'print' | 'note'>,
): Pick<Parameters<typeof reencryptPaths>[1], 'onDone' | 'onFailed'> {
  return {
    onDone: (done) => {
      command.print(reencryptionText(done));
      for (const line of remarks(done)) command.note(line);
    },
    onFailed: (path, { message, hint }) => {
      command.note(`failed: ${path}: ${message}. ${hint ?? ''}`.trimEnd());
    },
  };
}

/** One file that lies encrypted for other keys in its place. */
function reencryptionText({ path, transfer, replaced, recipients }: Reencryption): string {
  const before = replaced === null ? '' : `, instead of ${replaced}`;
  return `${transfer}: ${path}, for ${recipients.join(', ')}${before}`;
}

/** What a person should know beside it. */
function remarks({ path, otherNames, beside }: Reencryption): string[] {
  const lines: string[] = [];
  if (otherNames > 0)
    lines.push(
      `warning: the former file is still there under ${counted(otherNames, 'other name')} than ${path}`,
    );
  if (beside === 'incomplete')
    lines.push(
      `warning: the receipt or the sheet beside ${path} could not be written: they are of the former file`,
    );
  return lines;
}

/** Whether something is left for a person to do. */
export function isReencryptionPartial({ done, failed }: ReencryptionRun): boolean {
  return failed.length > 0 || done.some(({ beside }) => beside === 'incomplete');
}

/** How many there were, and what stays as it was. */
export function reencryptionSummary({ done, failed, passedOver }: ReencryptionRun): string[] {
  const { notEncrypted, byPassphrase, otherKey } = passedOver;
  const left = [
    otherKey > 0 ? `${otherKey} for other keys` : '',
    byPassphrase > 0 ? `${byPassphrase} opened by a passphrase` : '',
    notEncrypted > 0 ? `${notEncrypted} not encrypted` : '',
    failed.length > 0 ? `${failed.length} that failed` : '',
  ].filter((part) => part !== '');
  const lines = [`Encrypted again, read back and compared: ${counted(done.length, 'file')}`];
  return left.length === 0 ? lines : [...lines, `Left as they are: ${left.join(', ')}`];
}

/** The same for programs. */
export function reencryptionData({ done, failed, passedOver }: ReencryptionRun): Record<string, unknown> {
  return {
    files: done.map(({ path, transfer, replaced, recipients, ciphertextSha256, otherNames, beside }) => ({
      path,
      transfer,
      replaced,
      recipients,
      ciphertext_sha256: ciphertextSha256,
      other_names: otherNames,
      beside,
    })),
    failed,
    left: {
      not_encrypted: passedOver.notEncrypted,
      by_passphrase: passedOver.byPassphrase,
      other_key: passedOver.otherKey,
    },
  };
}
