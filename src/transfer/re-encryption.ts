import { readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { DecryptionKey } from '../crypto/index.js';
import { badInput, Fault, type Recipient, refused, type Transfer } from '../model/index.js';
import { requireAddressees } from '../recipients/index.js';
import type { Session } from '../session/index.js';
import { decryptedSource, type KnownContent } from './decrypted-source.js';
import type { EncryptedFile } from './encrypted-file.js';
import { type EncryptionResult, encryptSource, type OutputRequest } from './encryption.js';
import { chooseFormat } from './format-choice.js';
import { handOver } from './handover.js';
import { parseReceipt, type Receipt } from './receipt.js';
import type { TransfersInLog } from './transfer-evidence.js';
import { sha256OfFile } from './transfer-record.js';

export interface ReencryptionRequest {
  /** Canonical path of the file. */
  path: string;
  /** Names of recipients; null for those of the recorded transfer. */
  to: readonly string[] | null;
  /** Of what the log tells of recorded transfers. */
  transfers: TransfersInLog;
  signal: AbortSignal;
}

/** One file that lies encrypted for other keys in its place. */
export interface Reencryption {
  path: string;
  transfer: string;
  /** The transfer that had made it; null where this workspace did not. */
  replaced: string | null;
  recipients: readonly string[];
  ciphertextSha256: string | null;
  /** Further names of the former file, which is still there under them. */
  otherNames: number;
  /** What became of receipt and sheet; null where none lay beside the file. */
  beside: 'written' | 'incomplete' | null;
}

/**
 * Encrypts an encrypted file for other keys, in its place: decrypted in memory, encrypted under a temporary name, read back and
 * compared, renamed over the former. Its format stays, and so do its owner and permissions; a receipt and a sheet that lie
 * beside it are written anew.
 *
 * @param keys that open it
 * @throws Fault `reencryption-passphrase`, `recipients-needed`, `input-special` (exit 2), `reencryption-locks-out` (exit 4), `no-key-fits` (exit 4),
 *   `transfer-differs` (exit 5), and as `requireAddressees`, `chooseFormat`, `decryptedSource`, `encryptSource`
 */
export async function reencryptFile(
  session: Session,
  file: EncryptedFile,
  keys: readonly DecryptionKey[],
  request: ReencryptionRequest,
): Promise<Reencryption> {
  const { input, format, armored } = file;
  if (file.wanted.byPassphrase) throw byPassphrase();
  if (input.kind !== 'file') throw noFile();
  const { path, signal } = request;
  const before = await input.file.stat();
  const digest = await sha256OfFile(input.file);
  const former = (await session.store.transfers.ofDigest(digest)) ?? null;
  const receipt = await receiptBeside(path, digest);
  const names = request.to ?? (await namesOf(request.transfers, former, digest));
  const { recipients, recovery } = await requireAddressees(session, names);
  const choice = chooseFormat(recipients, {
    wanted: format.id,
    size: null,
    recovery,
    requireRecovery: session.settings().transfers.requireRecovery,
  });
  if (choice.byPassphrase) throw forPassphrase();
  await requireOpenHere(session, [...recipients, ...choice.recovery]);
  const content = contentOf(receipt, former);
  const source = await decryptedSource(path, { format, input, keys }, { content, signal });
  const result = await encryptSource(
    session,
    { ...inPlace(path, receipt), armor: armored, signal },
    {
      source,
      choice,
      format,
      recipients,
      replaces: { transfer: former?.id ?? null, access: before, hasReceipt: receipt !== null },
    },
  );
  return {
    path,
    transfer: result.transfer,
    replaced: former?.id ?? null,
    recipients: result.recipients.map(({ name }) => name),
    ciphertextSha256: result.facts.ciphertextSha256,
    otherNames: before.nlink - 1,
    beside: receipt === null ? null : await writtenBeside(session, { ...result, ended: [] }),
  };
}

/** The file has taken its place by now: what fails here is no reason to say that it stayed as it was. */
async function writtenBeside(session: Session, result: EncryptionResult): Promise<'written' | 'incomplete'> {
  try {
    await handOver(session, result, { force: true });
    return 'written';
  } catch (error) {
    if (error instanceof Fault && error.code === 'handover-incomplete') return 'incomplete';
    throw error;
  }
}

/**
 * For whom a file was encrypted here, as the log tells it: what somebody writes into the database must not make it one for
 * others.
 */
async function namesOf(
  transfers: TransfersInLog,
  former: Transfer | null,
  digest: string,
): Promise<readonly string[]> {
  if (former === null) {
    throw badInput('recipients-needed', 'This workspace does not know for whom the file was encrypted', {
      hint: 'Say for whom it shall be encrypted: --to NAME',
    });
  }
  const told = await transfers.recipientsOf(former.id, digest);
  // Recovery recipients are added anyway, unless it was for one of them alone.
  const forRecovery = former.recipients.filter(({ recovery }) => recovery).map(({ name }) => name);
  const named = told.filter((name) => !forRecovery.includes(name));
  return named.length > 0 ? named : told;
}

/** Whoever could open a file shall not shut it for ever by a word on the command line. */
async function requireOpenHere(session: Session, recipients: readonly Recipient[]): Promise<void> {
  const own = (await session.store.identities.list()).filter(({ retiredAt }) => retiredAt === null);
  const stays = recipients.some(
    ({ recovery, fingerprint }) => recovery || own.some((each) => each.fingerprint === fingerprint),
  );
  if (stays) return;
  throw refused(
    'reencryption-locks-out',
    'Nobody here could open the file any more: none of the recipients has the key of an identity of this workspace',
    {
      hint: 'Add your own new key with --to NAME (quietus recipient add NAME --age KEY), or register a recovery recipient',
    },
  );
}

function byPassphrase(): Error {
  return badInput(
    'reencryption-passphrase',
    'The file is opened by a passphrase, which is no key that was replaced',
    {
      hint: 'For a new passphrase: quietus decrypt, then quietus encrypt',
    },
  );
}

function noFile(): Error {
  return badInput('input-special', 'Only a file can be encrypted again in its place', {
    hint: 'Decrypt what comes through a pipe, and encrypt it anew: quietus decrypt - -o - | quietus encrypt -',
  });
}

function forPassphrase(): Error {
  return badInput('reencryption-passphrase', 'The recipients are told passphrases, and have no key', {
    hint: 'Name recipients with keys, or decrypt the file and encrypt it for them with quietus encrypt',
  });
}

async function receiptBeside(path: string, digest: string): Promise<Receipt | null> {
  const place = `${path}.receipt.json`;
  const text = await readFile(place, 'utf8').catch(() => null);
  const receipt = text === null ? null : parseReceipt(text, basename(place));
  return receipt?.ciphertext_sha256 === digest ? receipt : null;
}

function contentOf(receipt: Receipt | null, former: Transfer | null): KnownContent {
  return {
    files: receipt?.files ?? former?.files ?? null,
    leftOut: receipt?.left_out ?? 0,
    packed: receipt?.packed ?? false,
    compressed: receipt?.compressed ?? false,
  };
}

/** What `encryptSource` is asked for where the output replaces the file that is read. */
function inPlace(path: string, receipt: Receipt | null): Omit<OutputRequest, 'armor' | 'signal'> {
  const sheet = receipt?.instruction_sheet?.file;
  return {
    paths: [],
    output: path,
    cwd: dirname(path),
    force: true,
    sheet: sheet === undefined ? 'none' : sheet.endsWith('.pdf') ? 'pdf' : 'text',
    receipt: null,
    passphraseTo: null,
    showPassphrase: () => {
      throw new Error('there is no passphrase');
    },
    medium: null,
    write: () => Promise.reject(new Error('there is no pipe')),
  };
}
