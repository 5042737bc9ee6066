import { type Cipher, createCipheriv, createHmac, type Hmac, pbkdf2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { MAC_BYTES, VERIFIER_BYTES } from './zip-layout.js';

const derive = promisify(pbkdf2);

/** Fixed by the format, and little by today's measure: the passphrase must be a long random one. */
const ITERATIONS = 1000;
const KEY_BYTES = 32;
const BLOCK_BYTES = 16;
/** Small enough that the allocator keeps the memory of one step for the next: larger ones cost page faults. */
const STEP_BYTES = 64 * 1024;

/** The keys of one entry. */
export class ZipKeys {
  private constructor(private readonly material: Buffer) {}

  /** PBKDF2 with HMAC-SHA-1 (RFC 8018) as WinZip's specification has it. */
  static async from(passphrase: string, salt: Buffer): Promise<ZipKeys> {
    const length = 2 * KEY_BYTES + VERIFIER_BYTES;
    return new ZipKeys(await derive(Buffer.from(passphrase, 'utf8'), salt, ITERATIONS, length, 'sha1'));
  }

  /** Two bytes that show most wrong passphrases at once. */
  get verifier(): Buffer {
    return this.material.subarray(2 * KEY_BYTES);
  }

  cipher(): LittleEndianCounter {
    return new LittleEndianCounter(this.material.subarray(0, KEY_BYTES));
  }

  mac(): Hmac {
    return createHmac('sha1', this.material.subarray(KEY_BYTES, 2 * KEY_BYTES));
  }

  forget(): void {
    this.material.fill(0);
  }
}

/** The first ten bytes of HMAC-SHA-1. */
export function authenticationCode(mac: Hmac): Buffer {
  return mac.digest().subarray(0, MAC_BYTES);
}

export function isCode(mac: Hmac, expected: Buffer): boolean {
  return expected.length === MAC_BYTES && timingSafeEqual(authenticationCode(mac), expected);
}

/**
 * AES-256 in counter mode as WinZip does it: the counter begins with 1 and is little-endian, where OpenSSL's is
 * big-endian. So the blocks of the counter are encrypted in ECB mode, which gives the key stream.
 */
class LittleEndianCounter {
  readonly #blocks: Cipher;
  readonly #counters = new DataView(new ArrayBuffer(STEP_BYTES));
  #next = 1;

  constructor(key: Buffer) {
    this.#blocks = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false);
  }

  /**
   * Encrypts or decrypts, which is the same.
   * @param data of any length in the last call, a multiple of 16 bytes before
   * @returns the result in parts that belong to the caller
   */
  apply(data: Buffer): Buffer[] {
    const parts: Buffer[] = [];
    for (let at = 0; at < data.length; at += STEP_BYTES)
      parts.push(this.#step(data.subarray(at, at + STEP_BYTES)));
    return parts;
  }

  #step(data: Buffer): Buffer {
    const blocks = Math.ceil(data.length / BLOCK_BYTES);
    const counters = this.#counters;
    for (let block = 0, value = this.#next; block < blocks; block += 1, value += 1) {
      counters.setUint32(BLOCK_BYTES * block, value % 0x1_0000_0000, true);
      counters.setUint32(BLOCK_BYTES * block + 4, Math.floor(value / 0x1_0000_0000), true);
    }
    this.#next += blocks;
    const stream = this.#blocks.update(new Uint8Array(counters.buffer, 0, BLOCK_BYTES * blocks));
    mix(stream, data);
    return stream.subarray(0, data.length);
  }
}

/** XOR of the data into the key stream, four bytes at a time as far as they go. */
function mix(stream: Buffer, data: Buffer): void {
  const aligned = (data.byteOffset & 3) === 0 ? data : Buffer.from(data);
  let at = 0;
  if (((stream.byteOffset | aligned.byteOffset) & 3) === 0) {
    const words = data.length >> 2;
    const to = new Uint32Array(stream.buffer, stream.byteOffset, words);
    const from = new Uint32Array(aligned.buffer, aligned.byteOffset, words);
    for (let word = 0; word < words; word += 1) to[word] = (to[word] ?? 0) ^ (from[word] ?? 0);
    at = 4 * words;
  }
  for (; at < data.length; at += 1) stream[at] = (stream[at] ?? 0) ^ (aligned[at] ?? 0);
}
