import { createHash } from 'node:crypto';
import { ByteSink, piecesOf, rawPieces } from '../byte-flow.js';
import { choosing } from '../chosen-output.js';
import type {
  ByteInput,
  ByteOutput,
  CipherOptions,
  Decrypted,
  DecryptionKey,
  Encrypted,
  EncryptionFormat,
  EncryptionKey,
  EncryptOptions,
  FileInspection,
} from '../encryption-format.js';
import {
  ciphertextDamaged,
  noKeyFits,
  readbackDiffers,
  recipientsUnfit,
  tooLarge,
} from '../format-faults.js';
import { PAGE_START } from './page.js';
import {
  AROUND_CONTENT,
  MAX_CONTENT_BYTES,
  MAX_PAGE_BYTES,
  openPayload,
  pageKey,
  readPage,
  sealPage,
  WHAT,
} from './payload.js';

const DEFAULT_NAME = 'content';
/** A guess costs half a second. */
const MAX_PASSPHRASES = 5;

/** A page that decrypts itself in a browser: for people who can install nothing, and for 10 MiB at most. */
export const htmlFormat: EncryptionFormat = {
  id: 'html',
  extension: '.html',
  recognizes: (start) => Buffer.from(start.subarray(0, PAGE_START.length)).toString('latin1') === PAGE_START,
  requireFit: (keys) => void passphraseOf(keys),
  encrypt: (input, output, keys, options = {}) => encryptPage(input, output, passphraseOf(keys), options),
  decrypt: choosing((input, output, keys, options = {}) => decryptPage(input, output, keys, options)),
  inspect,
};

function passphraseOf(keys: readonly EncryptionKey[]): string {
  const [key] = keys;
  if (key?.kind !== 'passphrase' || keys.length > 1)
    throw recipientsUnfit(
      'An HTML file is encrypted with exactly one passphrase, and with no key',
      'Use the format age for keys',
    );
  if (key.passphrase.trim() === '')
    throw recipientsUnfit('The passphrase is empty', 'Let this program generate the passphrase');
  return key.passphrase;
}

async function encryptPage(
  input: ByteInput,
  output: ByteOutput,
  passphrase: string,
  { entryName = DEFAULT_NAME, signal, onProgress }: EncryptOptions,
): Promise<Encrypted> {
  if (input.kind === 'file' && input.size > MAX_CONTENT_BYTES) throw larger();
  const content = await whole(piecesOf(input, signal), MAX_CONTENT_BYTES, larger);
  try {
    const { page, key } = await sealPage({ name: entryName, content }, passphrase);
    const sink = new ByteSink(output);
    await sink.write(page);
    await sink.flush();
    onProgress?.(content.length);
    const digest = createHash('sha256').update(content).digest();
    return {
      plaintextBytes: content.length,
      ciphertextBytes: page.length,
      prove: async (written, options = {}) => {
        const bytes = await whole(rawPieces(written, options.signal), page.length, () =>
          readbackDiffers(WHAT),
        );
        const opened = bytes.equals(page) ? openPayload(readPage(bytes), key) : null;
        const same =
          opened?.name === entryName && createHash('sha256').update(opened.content).digest().equals(digest);
        opened?.content.fill(0);
        if (!same) throw readbackDiffers(WHAT);
        return { ciphertextSha256: createHash('sha256').update(bytes).digest('hex') };
      },
      forget: () => void key.fill(0),
    };
  } finally {
    content.fill(0);
  }
}

async function decryptPage(
  input: ByteInput,
  output: ByteOutput,
  keys: readonly DecryptionKey[],
  { signal, onProgress }: CipherOptions,
): Promise<Decrypted> {
  const payload = readPage(await wholePage(input, signal));
  const passphrases = keys.flatMap((key, index) =>
    key.kind === 'passphrase' ? [{ index, text: key.passphrase }] : [],
  );
  for (const { index, text } of passphrases.slice(0, MAX_PASSPHRASES)) {
    const key = await pageKey(text, payload.salt, payload.iterations);
    const opened = openPayload(payload, key);
    key.fill(0);
    if (opened === null) continue;
    const sink = new ByteSink(output);
    await sink.write(opened.content);
    await sink.flush();
    onProgress?.(opened.content.length);
    return { plaintextBytes: opened.content.length, openedBy: index, entryName: opened.name };
  }
  throw noKeyFits(
    WHAT,
    passphrases.length === 0
      ? 'it needs a passphrase'
      : `passphrases tried: ${passphrases.length}; none is right, or the content was changed`,
    'Give the passphrase that the sender told you; if it is certainly right, ask for the file again',
  );
}

async function inspect(input: ByteInput): Promise<FileInspection> {
  const { iterations, ciphertext } = readPage(await wholePage(input));
  return {
    format: 'html',
    description: 'HTML page that decrypts itself, AES-256-GCM',
    recipients: ['the passphrase'],
    // A name of unknown length is in the ciphertext.
    plaintextBytes: null,
    notes: [
      `the content and its name have ${(ciphertext.length - AROUND_CONTENT).toLocaleString('en-US')} bytes together`,
      `a guess at the passphrase costs ${iterations.toLocaleString('en-US')} rounds of PBKDF2 with SHA-256`,
      'mail filters may hold back pages with scripts: say to the recipient that it comes, or use portable media',
    ],
  };
}

async function wholePage(input: ByteInput, signal?: AbortSignal): Promise<Buffer> {
  return await whole(rawPieces(input, signal), MAX_PAGE_BYTES, () =>
    ciphertextDamaged(WHAT, 'it is larger than any page that this program writes'),
  );
}

async function whole(pieces: AsyncIterable<Buffer>, most: number, tooLong: () => Error): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const piece of pieces) {
    bytes += piece.length;
    if (bytes > most) throw tooLong();
    parts.push(Buffer.from(piece));
  }
  const all = Buffer.concat(parts);
  for (const part of parts) part.fill(0);
  return all;
}

function larger(): Error {
  return tooLarge(
    'An HTML file holds at most 10 MiB: browsers and mail servers do not take more',
    'Use the format zip or age, or send fewer files',
  );
}
