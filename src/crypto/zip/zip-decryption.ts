import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createInflateRaw } from 'node:zlib';
import { refused } from '../../model/index.js';
import { ByteSink, type Source, sourceOf } from '../byte-flow.js';
import type { ByteInput, ByteOutput, CipherOptions, Decrypted, DecryptionKey } from '../encryption-format.js';
import { ciphertextDamaged, needsFile, noKeyFits, PIPE_BYTES } from '../format-faults.js';
import { PieceLedger } from '../piece-digest.js';
import { isCode, ZipKeys } from './zip-cipher.js';
import { MAC_BYTES, SALT_BYTES, VERIFIER_BYTES, WHAT, type ZipFile } from './zip-layout.js';
import { readZipFile } from './zip-reading.js';

/** As in packs: most bytes out of one, after the first 64 MiB. */
const MAX_RATIO = 200;
const RATIO_FREE_BYTES = 64 * 1024 * 1024;
/** Tries no more passphrases than a person can have meant. */
const MAX_PASSPHRASES = 20;

/**
 * Reads the file twice: once to authenticate all of it, and once to decrypt what was authenticated, so that no
 * plaintext leaves before the code at the end is right.
 */
export async function decryptZip(
  input: ByteInput,
  output: ByteOutput,
  keys: readonly DecryptionKey[],
  { signal, onProgress }: CipherOptions,
): Promise<Decrypted> {
  const source = await sourceOf(input, PIPE_BYTES, () => needsFile(WHAT));
  const file = await readZipFile(source);
  requireProportion(file);
  const opened = await open(source, file, keys, signal);
  try {
    const sink = new ByteSink(output);
    const plaintext = decrypted(source, file, opened, signal);
    const write = async (part: Buffer): Promise<void> => {
      if (sink.bytes + part.length > file.plaintextBytes) throw sizesDiffer();
      await sink.write(part);
      onProgress?.(sink.bytes);
    };
    if (file.compression === 'deflate') await inflate(plaintext, write);
    else for await (const part of plaintext) await write(part);
    await sink.flush();
    if (sink.bytes !== file.plaintextBytes) throw sizesDiffer();
  } finally {
    opened.keys.forget();
  }
  return { plaintextBytes: file.plaintextBytes, openedBy: opened.index, entryName: file.name };
}

interface Opened {
  index: number;
  keys: ZipKeys;
  ledger: PieceLedger;
}

/** Finds the passphrase that the file was authenticated with. @throws Fault `no-key-fits`, `ciphertext-damaged` */
async function open(
  source: Source,
  file: ZipFile,
  keys: readonly DecryptionKey[],
  signal: AbortSignal | undefined,
): Promise<Opened> {
  const salt = await source.read(file.dataStart, SALT_BYTES);
  const verifier = await source.read(file.dataStart + SALT_BYTES, VERIFIER_BYTES);
  let tried = 0;
  let nearly = false;
  for (const [index, key] of keys.entries()) {
    if (key.kind !== 'passphrase' || tried === MAX_PASSPHRASES) continue;
    tried += 1;
    const candidate = await ZipKeys.from(key.passphrase, salt);
    if (candidate.verifier.equals(verifier)) {
      nearly = true;
      const ledger = await authenticated(source, file, candidate, signal);
      if (ledger !== null) return { index, keys: candidate, ledger };
    }
    candidate.forget();
  }
  if (nearly) throw ciphertextDamaged(WHAT, 'its authentication code is not that of its content');
  throw noKeyFits(
    WHAT,
    tried === 0 ? 'it needs a passphrase' : `passphrases tried: ${tried}`,
    'Give the passphrase that the sender told you, exactly as it was told',
  );
}

async function authenticated(
  source: Source,
  { dataStart, dataEnd }: ZipFile,
  keys: ZipKeys,
  signal: AbortSignal | undefined,
): Promise<PieceLedger | null> {
  const mac = keys.mac();
  const ledger = new PieceLedger();
  for await (const piece of source.pieces(
    dataStart + SALT_BYTES + VERIFIER_BYTES,
    dataEnd - MAC_BYTES,
    signal,
  )) {
    mac.update(piece);
    ledger.record(piece);
  }
  return isCode(mac, await source.read(dataEnd - MAC_BYTES, MAC_BYTES)) ? ledger : null;
}

async function* decrypted(
  source: Source,
  { dataStart, dataEnd }: ZipFile,
  { keys, ledger }: Opened,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer, void> {
  const cipher = keys.cipher();
  for await (const piece of source.pieces(
    dataStart + SALT_BYTES + VERIFIER_BYTES,
    dataEnd - MAC_BYTES,
    signal,
  )) {
    if (!ledger.isNext(piece)) throw ciphertextDamaged(WHAT, 'it changed while it was read');
    yield* cipher.apply(piece);
  }
}

async function inflate(
  compressed: AsyncIterable<Buffer>,
  write: (part: Buffer) => Promise<void>,
): Promise<void> {
  const inflater = createInflateRaw();
  let bytes = 0;
  const counted = async function* (): AsyncGenerator<Buffer, void> {
    for await (const part of compressed) {
      bytes += part.length;
      yield part;
    }
  };
  try {
    await pipeline(Readable.from(counted()), inflater, async (parts: AsyncIterable<Buffer>) => {
      for await (const part of parts) await write(part);
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code?.startsWith('Z_'))
      throw ciphertextDamaged(WHAT, 'its content is not what its headers say', error);
    throw error;
  }
  if (inflater.bytesWritten !== bytes) throw ciphertextDamaged(WHAT, 'something stands behind its content');
}

/** What deflate makes of texts and tables stays below a fiftieth; a bomb comes near its limit, a thousandth. */
function requireProportion({ compression, plaintextBytes, dataStart, dataEnd }: ZipFile): void {
  if (compression !== 'deflate' || plaintextBytes <= RATIO_FREE_BYTES) return;
  if (plaintextBytes <= MAX_RATIO * (dataEnd - dataStart)) return;
  throw refused(
    'content-too-large',
    `The zip file is not opened: it grows to more than ${MAX_RATIO} times its size`,
    {
      hint: 'Nothing of it was kept; ask the sender what it holds, and for it without compression',
    },
  );
}

function sizesDiffer(): Error {
  return ciphertextDamaged(WHAT, 'its content has another size than its headers say');
}
