import { createHash, randomBytes } from 'node:crypto';
import { badInput } from '../../model/index.js';
import { ByteSink, piecesOf, sourceOf } from '../byte-flow.js';
import type {
  ByteInput,
  ByteOutput,
  CipherOptions,
  Encrypted,
  EncryptOptions,
} from '../encryption-format.js';
import { needsFile, PIPE_BYTES, readbackDiffers } from '../format-faults.js';
import { PieceDigest } from '../piece-digest.js';
import { authenticationCode, isCode, ZipKeys } from './zip-cipher.js';
import {
  dataDescriptor,
  directory,
  localHeader,
  MAC_BYTES,
  OVERHEAD_BYTES,
  SALT_BYTES,
  VERIFIER_BYTES,
  WHAT,
  type ZipEntry,
} from './zip-layout.js';
import { readZipFile } from './zip-reading.js';

const DEFAULT_NAME = 'content';

/** Writes the file in one pass; sizes that are not known yet follow behind the data. */
export async function encryptZip(
  input: ByteInput,
  output: ByteOutput,
  passphrase: string,
  { entryName = DEFAULT_NAME, signal, onProgress }: EncryptOptions,
): Promise<Encrypted> {
  const name = requireNeutral(entryName);
  const salt = randomBytes(SALT_BYTES);
  const keys = await ZipKeys.from(passphrase, salt);
  try {
    const sink = new ByteSink(output);
    const digest = new PieceDigest();
    const known = input.kind === 'file' ? entryOf(name, input.size) : null;
    await sink.write(localHeader(name, known));
    await sink.write(salt);
    await sink.write(Buffer.from(keys.verifier));
    const cipher = keys.cipher();
    const mac = keys.mac();
    let plaintextBytes = 0;
    for await (const piece of piecesOf(input, signal)) {
      await digest.update(piece);
      for (const part of cipher.apply(piece)) {
        mac.update(part);
        await sink.write(part);
      }
      plaintextBytes += piece.length;
      onProgress?.(plaintextBytes);
    }
    await sink.write(authenticationCode(mac));
    const entry = entryOf(name, plaintextBytes);
    if (known === null) await sink.write(dataDescriptor(entry));
    await sink.write(directory(entry, known === null, sink.bytes));
    await sink.flush();
    return new EncryptedZip(keys, entry, sink.bytes, await digest.finish());
  } catch (error) {
    keys.forget();
    throw error;
  }
}

function entryOf(name: string, plaintextBytes: number): ZipEntry {
  return { name, plaintextBytes, storedBytes: plaintextBytes + OVERHEAD_BYTES };
}

/** The name can be read without the passphrase, and becomes the name of a file on a foreign machine. */
function requireNeutral(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name)) return name;
  throw badInput(
    'entry-name-unfit',
    'The name of the entry has characters other than letters, digits, points, and hyphens',
    {
      hint: 'Choose a short neutral name, such as content.tar',
    },
  );
}

class EncryptedZip implements Encrypted {
  constructor(
    private readonly keys: ZipKeys,
    private readonly entry: ZipEntry,
    readonly ciphertextBytes: number,
    private readonly plaintextDigest: Buffer,
  ) {}

  get plaintextBytes(): number {
    return this.entry.plaintextBytes;
  }

  async prove(
    written: ByteInput,
    { signal, onProgress }: CipherOptions = {},
  ): Promise<{ ciphertextSha256: string }> {
    const source = await sourceOf(written, PIPE_BYTES, () => needsFile(WHAT));
    if (source.size !== this.ciphertextBytes) throw readbackDiffers(WHAT);
    const { name, dataStart, dataEnd } = await readZipFile(source).catch((error: unknown) => {
      throw readbackDiffers(WHAT, error);
    });
    const whole = createHash('sha256');
    const digest = new PieceDigest();
    const cipher = this.keys.cipher();
    const mac = this.keys.mac();
    const start = dataStart + SALT_BYTES + VERIFIER_BYTES;
    const end = dataEnd - MAC_BYTES;
    whole.update(await source.read(0, start));
    let done = 0;
    for await (const piece of source.pieces(start, end, signal)) {
      whole.update(piece);
      mac.update(piece);
      for (const part of cipher.apply(piece)) {
        await digest.update(part);
        part.fill(0);
      }
      done += piece.length;
      onProgress?.(done);
    }
    const tail = await source.read(end, source.size - end);
    whole.update(tail);
    const same =
      name === this.entry.name &&
      isCode(mac, tail.subarray(0, MAC_BYTES)) &&
      (await digest.finish()).equals(this.plaintextDigest) &&
      (await source.read(start - VERIFIER_BYTES, VERIFIER_BYTES)).equals(this.keys.verifier);
    if (!same) throw readbackDiffers(WHAT);
    return { ciphertextSha256: whole.digest('hex') };
  }

  forget(): void {
    this.keys.forget();
  }
}
