import { X509Certificate } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import {
  ageFingerprint,
  certificateProblems,
  holdsPrivateKey,
  parseAgeRecipient,
  readCertificate,
} from '../crypto/index.js';
import { badInput, type RecipientKind, refused } from '../model/index.js';

/** What a recipient is reached by: a key of theirs, or a way to tell them a passphrase. */
export type RecipientAddress =
  /** `age1…`, or the path of a file that holds one. */
  | { kind: 'age'; value: string }
  /** Path of a certificate, PEM or DER. */
  | { kind: 'certificate'; value: string }
  /** The other way, such as `phone`. */
  | { kind: 'passphrase'; value: string };

/** A recipient's key as it is registered. */
export interface RecipientKey {
  kind: RecipientKind;
  publicKey: string | null;
  /** SHA-256, lower-case hex. */
  fingerprint: string | null;
}

const LARGEST_KEY_FILE = 64 * 1024;

/**
 * Reads a recipient's key. Secret keys are refused and never repeated: whoever sent one must make a new one.
 *
 * @throws Fault `recipient-holds-secret`, `certificate-unfit` (exit 4), `recipient-invalid`, `certificate-unreadable`,
 *   `key-file-unreadable`, `recipient-file-invalid` (exit 2)
 */
export async function readRecipientKey(address: RecipientAddress, now: Date): Promise<RecipientKey> {
  if (address.kind === 'passphrase') return { kind: 'passphrase', publicKey: null, fingerprint: null };
  if (address.kind === 'age') return await ageKey(address.value);
  return certificate(await readKeyFile(address.value), now);
}

async function ageKey(value: string): Promise<RecipientKey> {
  await refuseSecret(Buffer.from(value), 'the command line');
  const text = /^\s*age1/i.test(value) ? value : onlyLine(await readKeyFile(value));
  const { recipient } = await parseAgeRecipient(text);
  return { kind: 'age', publicKey: recipient, fingerprint: ageFingerprint(recipient) };
}

/** A recipients file as age reads it: comments, empty lines, and here exactly one key. */
function onlyLine(bytes: Buffer): string {
  const lines = bytes
    .toString('utf8')
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const [line] = lines;
  if (lines.length === 1 && line !== undefined) return line;
  if (line === undefined) {
    throw badInput('recipient-file-invalid', 'There is no age recipient in the file', {
      hint: 'It must hold the line that begins with age1; have it sent again',
    });
  }
  throw badInput('recipient-file-invalid', `The file holds ${lines.length} age recipients instead of one`, {
    hint: 'Add each recipient under a name of its own',
  });
}

/** A certificate that files can be encrypted for now (RFC 5280: validity, key usage; key size). */
function certificate(bytes: Buffer, now: Date): RecipientKey {
  const der = bytes[0] === 0x30;
  const { fingerprint } = readCertificate(der ? bytes : bytes.toString('latin1'));
  const problems = certificateProblems(der ? bytes : bytes.toString('latin1'), 'encryption', now);
  if (problems.length > 0) {
    throw refused(
      'certificate-unfit',
      `Nothing may be encrypted for this certificate: ${problems.join('; ')}`,
      {
        hint: 'Ask the recipient for a current certificate that is meant for encryption',
      },
    );
  }
  return { kind: 'certificate', publicKey: new X509Certificate(bytes).toString(), fingerprint };
}

async function readKeyFile(path: string): Promise<Buffer> {
  const bytes = readAtMost(path, LARGEST_KEY_FILE + 1);
  await refuseSecret(bytes, 'the file');
  if (bytes.length <= LARGEST_KEY_FILE) return bytes;
  throw badInput('recipient-file-invalid', `The key file is longer than ${LARGEST_KEY_FILE} bytes`, {
    hint: 'Give a file that holds one public key or one certificate and nothing else',
  });
}

function readAtMost(path: string, limit: number): Buffer {
  try {
    const file = openSync(path, 'r');
    try {
      if (!fstatSync(file).isFile()) throw new Error('not a file');
      const buffer = Buffer.alloc(limit);
      let length = 0;
      for (;;) {
        const count = readSync(file, buffer, length, limit - length, null);
        if (count === 0) return buffer.subarray(0, length);
        length += count;
      }
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw badInput('key-file-unreadable', 'The file with the key of the recipient cannot be read', {
      cause: error,
      hint: 'Check the path; an age recipient itself begins with age1',
    });
  }
}

async function refuseSecret(bytes: Buffer, where: string): Promise<void> {
  if (!(await holdsPrivateKey(bytes))) return;
  throw refused('recipient-holds-secret', `There is a private key in ${where}; nothing was registered`, {
    hint: 'A recipient is a public key. Tell whoever sent it to make a new key and send the public part alone; destroy this copy with: quietus dispose',
  });
}
