import { type CipherGCM, createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { ByteSink, piecesOf, rawPieces } from '../byte-flow.js';
import type {
  ByteInput,
  ByteOutput,
  CipherOptions,
  Encrypted,
  EncryptOptions,
} from '../encryption-format.js';
import { readbackDiffers, tooLarge } from '../format-faults.js';
import { PieceDigest } from '../piece-digest.js';
import type { ParsedCertificate } from '../x509/index.js';
import { CmsParser } from './parser.js';
import { armored, dearmored } from './pem-armor.js';
import { PullReader, WHAT } from './pull-reader.js';
import { recipientFor } from './recipients.js';
import { envelope, NONCE_BYTES, TAG_BYTES } from './structure.js';

/**
 * Most plaintext of one file, 1,534 MiB. OpenSSL and what is built on it hold the file in a memory buffer of at most
 * 0x5ffffffc bytes, 4 less than 1.5 GiB (LIMIT_BEFORE_EXPANSION in crypto/buffer/buffer.c); 2 MiB are for what stands
 * around the content.
 */
const MAX_PLAINTEXT_BYTES = 1534 * 2 ** 20;
/** Small enough that the allocator keeps the memory of one step for the next: larger ones cost page faults. */
const STEP_BYTES = 64 * 1024;
const CIPHER = 'aes-256-gcm';

/** Writes the file in one pass; where the size of the content is not known, in BER with indefinite lengths. */
export async function encryptCms(
  input: ByteInput,
  output: ByteOutput,
  certificates: readonly ParsedCertificate[],
  options: EncryptOptions,
): Promise<Encrypted> {
  const known = input.kind === 'file' ? input.size : null;
  requireSize(known ?? 0);
  const key = randomBytes(32);
  const nonce = randomBytes(NONCE_BYTES);
  try {
    const padding = options.rsaPadding ?? 'oaep';
    const recipients = certificates.map((certificate) => recipientFor(certificate, key, padding));
    const parts = envelope(recipients, nonce, known);
    const sink = new ByteSink(output);
    const armor = options.armor === true ? armored((text) => sink.write(text)) : null;
    const inner = armor === null ? sink : new ByteSink(armor.output);
    const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
    await inner.write(parts.before);
    const digest = new PieceDigest();
    const plaintextBytes = await encryptContent(input, cipher, options, digest, async (part) => {
      for (const written of parts.around(part)) await inner.write(written);
    });
    cipher.final();
    const tag = cipher.getAuthTag();
    await inner.write(parts.behind(tag));
    if (armor !== null) {
      await inner.flush();
      await armor.end();
    }
    await sink.flush();
    const proof = { key, nonce, tag, recipients: parts.recipients, digest: await digest.finish() };
    return new EncryptedCms(proof, plaintextBytes, sink.bytes, armor !== null);
  } catch (error) {
    key.fill(0);
    throw error;
  }
}

/** @returns how many bytes of plaintext there were */
async function encryptContent(
  input: ByteInput,
  cipher: CipherGCM,
  { signal, onProgress }: CipherOptions,
  digest: PieceDigest,
  write: (part: Buffer) => Promise<void>,
): Promise<number> {
  let bytes = 0;
  for await (const piece of piecesOf(input, signal)) {
    requireSize(bytes + piece.length);
    await digest.update(piece);
    for (let at = 0; at < piece.length; at += STEP_BYTES)
      await write(cipher.update(piece.subarray(at, at + STEP_BYTES)));
    bytes += piece.length;
    onProgress?.(bytes);
  }
  return bytes;
}

function requireSize(bytes: number): void {
  if (bytes > MAX_PLAINTEXT_BYTES)
    throw tooLarge(
      'A CMS file holds at most 1,534 MiB: OpenSSL, which opens it, keeps it in memory and fails above 1.5 GiB',
      'Use the format age, which has no such limit, or encrypt the content in parts',
    );
}

interface Proof {
  key: Buffer;
  nonce: Buffer;
  tag: Buffer;
  /** Content of the set of RecipientInfo. */
  recipients: Buffer;
  digest: Buffer;
}

class EncryptedCms implements Encrypted {
  constructor(
    private readonly proof: Proof,
    readonly plaintextBytes: number,
    readonly ciphertextBytes: number,
    private readonly armor: boolean,
  ) {}

  async prove(
    written: ByteInput,
    { signal, onProgress }: CipherOptions = {},
  ): Promise<{ ciphertextSha256: string }> {
    const whole = createHash('sha256');
    let bytes = 0;
    const read = async function* (): AsyncGenerator<Buffer, void> {
      for await (const piece of rawPieces(written, signal)) {
        whole.update(piece);
        bytes += piece.length;
        onProgress?.(bytes);
        yield piece;
      }
    };
    const reader = new PullReader(this.armor ? dearmored(read()) : read());
    let same: boolean;
    try {
      same = await this.#isSame(reader);
    } catch (error) {
      if (signal?.aborted === true) throw error;
      throw readbackDiffers(WHAT, error);
    } finally {
      await reader.close();
    }
    if (!same || bytes !== this.ciphertextBytes) throw readbackDiffers(WHAT);
    return { ciphertextSha256: whole.digest('hex') };
  }

  async #isSame(reader: PullReader): Promise<boolean> {
    const { key, nonce, tag, recipients, digest } = this.proof;
    const parser = new CmsParser(reader);
    const header = await parser.header();
    if (!header.recipients.equals(recipients) || !header.nonce.equals(nonce)) return false;
    const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
    const plaintext = new PieceDigest();
    for await (const part of parser.content()) {
      const opened = decipher.update(part);
      await plaintext.update(opened);
      opened.fill(0);
    }
    decipher.setAuthTag(tag);
    decipher.final();
    const [found, sameTag] = [await plaintext.finish(), (await parser.tag()).equals(tag)];
    return sameTag && found.equals(digest);
  }

  forget(): void {
    this.proof.key.fill(0);
  }
}
