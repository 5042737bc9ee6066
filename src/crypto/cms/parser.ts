import { badInput } from '../../model/index.js';
import { contextTag, DerCursor, DerError, oidText, Tag } from '../der.js';
import { ciphertextDamaged, encryptionTooWeak } from '../format-faults.js';
import { CONTENT_CIPHERS, Oid } from './identifiers.js';
import { type PullReader, WHAT } from './pull-reader.js';
import { NONCE_BYTES, TAG_BYTES } from './structure.js';

/** For about a thousand recipients. */
const MAX_RECIPIENTS_BYTES = 1024 * 1024;
const MAX_SMALL_BYTES = 64 * 1024;
const PART_BYTES = 64 * 1024;

/** What stands before the content. */
export interface CmsHeader {
  cipher: { name: 'aes-128-gcm' | 'aes-192-gcm' | 'aes-256-gcm'; keyBytes: number };
  nonce: Buffer;
  /** Content of the set of RecipientInfo. */
  recipients: Buffer;
}

/** A constructed element that was begun; its end is null where it is marked and not counted. */
type Open = { end: number | null };

/**
 * Reads an AuthEnvelopedData (RFC 5083) in BER as it comes. What is in memory at once is capped, whatever the
 * lengths in it say.
 */
export class CmsParser {
  readonly #open: Open[] = [];

  constructor(private readonly reader: PullReader) {}

  /**
   * @throws Fault `ciphertext-damaged` (exit 5), `encryption-too-weak` (exit 4) for content that is not authenticated,
   *   `header-too-costly` (exit 2)
   */
  async header(): Promise<CmsHeader> {
    return await wellFormed(async () => {
      await this.#begin(Tag.sequence);
      requireType(oidText(await this.#whole(Tag.oid)));
      await this.#begin(contextTag(0));
      await this.#begin(Tag.sequence);
      const version = await this.#whole(Tag.integer);
      if (!version.content.equals(Buffer.from([0]))) throw new DerError('it is of an unknown version');
      const recipients = await this.#recipients();
      await this.#begin(Tag.sequence);
      if (oidText(await this.#whole(Tag.oid)) !== Oid.data)
        throw new DerError('its content is of another type than data');
      return { ...cipherIn((await this.#whole(Tag.sequence)).content), recipients };
    });
  }

  /** The encrypted content, in parts that are overwritten by what is read next. Call it after `header`. */
  async *content(): AsyncGenerator<Buffer, void> {
    const [tag, length] = await this.#head();
    if (tag === contextTag(0, false) && length !== null) {
      yield* this.#parts(length);
    } else if (tag === contextTag(0)) {
      this.#enter(length);
      while (!(await this.#ended())) {
        const [inner, count] = await this.#head();
        if (inner !== Tag.octetString || count === null)
          throw malformed('its content is not in octet strings');
        yield* this.#parts(count);
      }
    } else {
      throw malformed('it holds no content');
    }
    if (!(await this.#ended())) throw malformed('something stands behind its content');
  }

  /** The authentication tag, and the end of the file right behind it. Call it after `content`. */
  async tag(): Promise<Buffer> {
    return await wellFormed(async () => {
      const [tag, length] = await this.#head();
      if (tag === contextTag(1))
        throw new DerError('it has authenticated attributes, which are not supported');
      if (tag !== Tag.octetString || length !== TAG_BYTES)
        throw new DerError('its authentication tag is not one of 16 bytes');
      const value = await this.reader.take(TAG_BYTES);
      for (let depth = this.#open.length; depth > 0; depth -= 1)
        if (!(await this.#ended())) throw new DerError('something stands behind its authentication tag');
      if (!(await this.reader.atEnd())) throw new DerError('something stands behind its end');
      return value;
    });
  }

  async #recipients(): Promise<Buffer> {
    let [tag, length] = await this.#head();
    // OriginatorInfo: certificates that the sender added.
    if (tag === contextTag(0)) {
      await this.reader.take(limited(length, MAX_RECIPIENTS_BYTES));
      [tag, length] = await this.#head();
    }
    if (tag !== Tag.set) throw new DerError('it has no recipients');
    return await this.reader.take(limited(length, MAX_RECIPIENTS_BYTES));
  }

  async *#parts(length: number): AsyncGenerator<Buffer, void> {
    for (let left = length; left > 0; ) {
      const part = await this.reader.some(Math.min(left, PART_BYTES));
      left -= part.length;
      yield part;
    }
  }

  /** Identifier and length; the length is null where it is indefinite. */
  async #head(): Promise<[tag: number, length: number | null]> {
    const [tag = 0, first = 0] = await this.reader.take(2);
    if ((tag & 0x1f) === 0x1f) throw malformed('it has an unknown tag');
    if (first < 0x80) return [tag, first];
    if (first === 0x80) {
      if ((tag & 0x20) === 0) throw malformed('a length is missing');
      return [tag, null];
    }
    const count = first & 0x7f;
    if (count > 6) throw malformed('a length is larger than any file');
    const length = (await this.reader.take(count)).readUIntBE(0, count);
    if (length < 0x80 || length < 2 ** (8 * (count - 1))) throw malformed('a length is longer than needed');
    return [tag, length];
  }

  /** A small element, read as a whole. */
  async #whole(expected: number) {
    const [tag, length] = await this.#head();
    if (tag !== expected) throw new DerError('an element is of another type than expected');
    const content = await this.reader.take(limited(length, MAX_SMALL_BYTES));
    return { tag, content, raw: content };
  }

  async #begin(expected: number): Promise<void> {
    const [tag, length] = await this.#head();
    if (tag !== expected) throw new DerError('an element is of another type than expected');
    this.#enter(length);
  }

  #enter(length: number | null): void {
    this.#open.push({ end: length === null ? null : this.reader.position + length });
  }

  /** Whether the innermost element ends here; leaves it then. */
  async #ended(): Promise<boolean> {
    const innermost = this.#open.at(-1);
    if (innermost === undefined) return true;
    if (innermost.end === null) {
      if (await this.#endMark()) {
        this.#open.pop();
        return true;
      }
      return false;
    }
    if (this.reader.position > innermost.end) throw malformed('an element is longer than what holds it');
    if (this.reader.position < innermost.end) return false;
    this.#open.pop();
    return true;
  }

  async #endMark(): Promise<boolean> {
    if ((await this.reader.peek()) !== 0) return false;
    if (!(await this.reader.take(2)).equals(Buffer.alloc(2)))
      throw malformed('an end mark is not well formed');
    return true;
  }
}

/** Turns what the DER reading throws into what is said of a file. */
export async function wellFormed<T>(read: () => Promise<T> | T): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof DerError) throw ciphertextDamaged(WHAT, error.message, error);
    throw error;
  }
}

function requireType(type: string): void {
  if (type === Oid.authEnvelopedData) return;
  if (type === Oid.envelopedData)
    throw encryptionTooWeak(
      WHAT,
      'its content is encrypted but not authenticated (EnvelopedData), so that it could be changed on its way',
      'Ask the sender for AES-256-GCM: `openssl cms -encrypt -aes-256-gcm`, or open it with `openssl cms -decrypt`',
    );
  throw new DerError('it is no encrypted message');
}

function cipherIn(algorithm: Buffer): Pick<CmsHeader, 'cipher' | 'nonce'> {
  const identifier = new DerCursor(algorithm);
  const cipher = CONTENT_CIPHERS[oidText(identifier.take(Tag.oid))];
  if (cipher === undefined) throw new DerError('its content is encrypted with another cipher than AES-GCM');
  const parameters = new DerCursor(identifier.take(Tag.sequence).content);
  identifier.end();
  const nonce = parameters.take(Tag.octetString).content;
  const tagBytes = parameters.optional(Tag.integer);
  parameters.end();
  if (nonce.length !== NONCE_BYTES) throw new DerError('its nonce is not one of 12 bytes');
  // Absent means 12: RFC 5084, 3.2.
  if (!tagBytes?.content.equals(Buffer.from([TAG_BYTES])))
    throw new DerError('its authentication tag is not one of 16 bytes');
  return { cipher, nonce };
}

function limited(length: number | null, most: number): number {
  if (length === null) throw malformed('a part that should be short has no length');
  if (length > most)
    throw badInput('header-too-costly', 'The CMS file has a header that is larger than this program reads', {
      hint: 'Ask the sender for a file for fewer recipients',
    });
  return length;
}

function malformed(why: string): Error {
  return ciphertextDamaged(WHAT, why);
}
