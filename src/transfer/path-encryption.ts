import { formatOf } from '../crypto/index.js';
import { badInput, type TransferFormat } from '../model/index.js';
import { requireAddressees } from '../recipients/index.js';
import type { Session } from '../session/index.js';
import { type EncryptionResult, encryptSource, type OutputRequest } from './encryption.js';
import { chooseFormat, type FormatChoice } from './format-choice.js';
import { openSource } from './plaintext-source.js';
import { clearUp } from './transfer-record.js';

/** What a person asks for. */
export interface EncryptionRequest extends OutputRequest {
  /** Names of recipients. */
  to: readonly string[];
  /** Null for the first that all recipients can open. */
  format: TransferFormat | null;
  pack: boolean;
  compress: boolean;
  skipUnreadable: boolean;
  /** Whether somebody is there to read a passphrase from a terminal. */
  canShow: boolean;
}

/**
 * Encrypts files and folders for registered recipients, as `encryptSource` does.
 *
 * @throws Fault as `requireAddressees`, `chooseFormat`, `openSource`, `encryptSource`; `passphrase-nowhere`, `armor-unfit` (exit 2)
 */
export async function encryptTransfer(
  session: Session,
  request: EncryptionRequest,
): Promise<EncryptionResult> {
  const ended = await clearUp(session);
  const { recipients, recovery } = await requireAddressees(session, request.to);
  const source = await openSource(request.paths, {
    pack: request.pack,
    compress: request.compress,
    skipUnreadable: request.skipUnreadable,
    signal: request.signal,
    onProgress: (bytes) => request.onProgress?.(bytes, null),
  });
  try {
    const choice = chooseFormat(recipients, {
      wanted: request.format,
      size: source.size,
      recovery,
      requireRecovery: session.settings().transfers.requireRecovery,
    });
    requirePassphrasePlace(choice, request);
    requireTextForm(choice, request);
    const format = await formatOf(choice.format);
    return {
      ...(await encryptSource(session, request, { source, choice, format, recipients, replaces: null })),
      ended,
    };
  } finally {
    await source.close();
  }
}

function requirePassphrasePlace({ byPassphrase }: FormatChoice, request: EncryptionRequest): void {
  if (!byPassphrase || request.canShow || request.passphraseTo !== null) return;
  throw badInput('passphrase-nowhere', 'A passphrase is generated, and there is no terminal to show it on', {
    hint: 'Give a new file for it with --passphrase-to FILE, and keep it apart from the encrypted file',
  });
}

/** Otherwise the receipt would say that it is text, and bytes would go to a terminal. */
function requireTextForm({ format }: FormatChoice, { armor }: EncryptionRequest): void {
  if (!armor || format === 'age' || format === 'cms') return;
  throw badInput('armor-unfit', `There is no text form (--armor) of the format ${format}`, {
    hint: 'Leave --armor out; age and cms have one',
  });
}
