// ASN.1 in the Distinguished Encoding Rules (X.690): strict reading of what is in memory.

/** Identifier octets (X.690, 8.1.2) of the types that certificates and CMS use. */
export const Tag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Identifier octet of a context-specific tag below 31. */
export function contextTag(number: number, constructed = true): number {
  return (constructed ? 0xa0 : 0x80) | number;
}

/** An element that was read. */
export interface DerElement {
  tag: number;
  content: Buffer;
  /** The whole element: identifier, length and content. */
  raw: Buffer;
}

/** Something is not DER; the caller knows what it was meant to be and says so. */
export class DerError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DerError';
  }
}

/**
 * Reads the element that begins at the offset: definite length in its shortest form, tags below 31.
 * @throws DerError
 */
export function readElement(bytes: Uint8Array, offset = 0): DerElement {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tag = buffer[offset];
  const first = buffer[offset + 1];
  if (tag === undefined || first === undefined) throw new DerError('it ends within an element');
  if ((tag & 0x1f) === 0x1f) throw new DerError('it has a tag above 30');
  let length = first;
  let start = offset + 2;
  if (first >= 0x80) {
    const count = first & 0x7f;
    if (count === 0 || count > 4) throw new DerError('it has a length that DER does not allow here');
    if (start + count > buffer.length) throw new DerError('it ends within an element');
    length = buffer.readUIntBE(start, count);
    start += count;
    if (length < 0x80 || length < 2 ** (8 * (count - 1)))
      throw new DerError('it has a length in a longer form than needed');
  }
  if (start + length > buffer.length) throw new DerError('it ends within an element');
  return {
    tag,
    content: buffer.subarray(start, start + length),
    raw: buffer.subarray(offset, start + length),
  };
}

/** Reads bytes that are one element and nothing else. @throws DerError */
export function readSingle(bytes: Uint8Array, tag: number): DerElement {
  const [only, ...others] = readAll(bytes);
  if (only?.tag !== tag || others.length > 0)
    throw new DerError('it is not one element of the expected type');
  return only;
}

/** Reads a content as elements one after the other. @throws DerError */
export function readAll(content: Uint8Array, limit = 10_000): DerElement[] {
  const found: DerElement[] = [];
  for (let offset = 0; offset < content.length; ) {
    if (found.length === limit) throw new DerError('it has more elements than allowed');
    const next = readElement(content, offset);
    found.push(next);
    offset += next.raw.length;
  }
  return found;
}

/** Elements of a constructed type, in order, taken one by one. */
export class DerCursor {
  readonly #elements: DerElement[];
  #at = 0;

  /** @throws DerError */
  constructor(content: Uint8Array) {
    this.#elements = readAll(content);
  }

  /** The next element, which must have the tag. @throws DerError */
  take(tag: number): DerElement {
    const next = this.optional(tag);
    if (next === undefined) throw new DerError('an element is missing or of another type');
    return next;
  }

  /** The next element if it has the tag. */
  optional(tag: number): DerElement | undefined {
    const next = this.#elements[this.#at];
    if (next?.tag !== tag) return undefined;
    this.#at += 1;
    return next;
  }

  /** The next element, whatever it is. @throws DerError */
  next(): DerElement {
    const next = this.#elements[this.#at];
    if (next === undefined) throw new DerError('an element is missing');
    this.#at += 1;
    return next;
  }

  /** @throws DerError where something is left */
  end(): void {
    if (this.#at < this.#elements.length) throw new DerError('it has an element too many');
  }
}

/** Dotted form of an OBJECT IDENTIFIER. @throws DerError */
export function oidText(element: DerElement): string {
  const { tag, content } = element;
  const last = content.at(-1);
  if (tag !== Tag.oid || last === undefined || last >= 0x80)
    throw new DerError('it has a bad object identifier');
  const arcs: number[] = [];
  let arc = 0;
  for (const octet of content) {
    arc = arc * 128 + (octet & 0x7f);
    if (arc > Number.MAX_SAFE_INTEGER / 256) throw new DerError('it has a bad object identifier');
    if (octet < 0x80) {
      arcs.push(arc);
      arc = 0;
    }
  }
  const [joint = 0, ...rest] = arcs;
  const first = Math.min(2, Math.floor(joint / 40));
  return [first, joint - 40 * first, ...rest].join('.');
}
