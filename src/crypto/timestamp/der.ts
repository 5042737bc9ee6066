/** One element of DER (X.690), as far as time-stamp tokens need it. */
export interface Element {
  /** The first byte: class, constructed, number. */
  tag: number;
  content: Buffer;
  /** The whole element with tag and length. */
  bytes: Buffer;
}

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectId: 0x06,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Constructed, context-specific. */
export function contextTag(number: number): number {
  return 0xa0 + number;
}

/** Reads the elements that follow each other in some bytes. @throws Error for anything but DER */
export function elements(bytes: Buffer): Element[] {
  const found: Element[] = [];
  for (let at = 0; at < bytes.length; ) {
    const element = elementAt(bytes, at);
    found.push(element);
    at += element.bytes.length;
  }
  return found;
}

/** Reads bytes that are one element. @throws Error */
export function onlyElement(bytes: Buffer, tag: number): Element {
  const element = elementAt(bytes, 0);
  if (element.bytes.length !== bytes.length) throw new Error('there are bytes after the element');
  return expectTag(element, tag);
}

/** The children of an element. @throws Error */
export function children(element: Element | undefined, tag: number): Element[] {
  return elements(expectTag(element, tag).content);
}

export function expectTag(element: Element | undefined, tag: number): Element {
  if (element?.tag !== tag) throw new Error('an element is missing or of another kind');
  return element;
}

function elementAt(bytes: Buffer, start: number): Element {
  const tag = bytes[start];
  const first = bytes[start + 1];
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) throw new Error('an element is cut off');
  let [length, at] = [first, start + 2];
  if (first >= 0x80) {
    const count = first & 0x7f;
    if (count === 0 || count > 4 || at + count > bytes.length) throw new Error('a length is not in DER');
    length = bytes.readUIntBE(at, count);
    at += count;
    if (length < 0x80 || (count > 1 && length < 2 ** (8 * (count - 1)))) throw new Error('a length is not in DER');
  }
  if (at + length > bytes.length) throw new Error('an element is cut off');
  return { tag, content: bytes.subarray(at, at + length), bytes: bytes.subarray(start, at + length) };
}

/** Writes an element. */
export function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), content]);
  const hex = length.toString(16);
  const size = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  return Buffer.concat([Buffer.of(tag, 0x80 + size.length), size, content]);
}

/** A whole number that is not negative, from its big-endian bytes. */
export function derInteger(bytes: Uint8Array): Buffer {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start += 1;
  const trimmed = bytes.subarray(start);
  return der(TAG.integer, (trimmed[0] ?? 0) >= 0x80 ? Buffer.of(0) : Buffer.alloc(0), trimmed);
}

export function derObjectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [40 * first + second, ...rest].flatMap((arc) => {
    const groups = [arc % 128];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) groups.unshift((left % 128) + 128);
    return groups;
  });
  return der(TAG.objectId, Buffer.from(bytes));
}

/** The dotted form of an object identifier. */
export function objectId(element: Element | undefined): string {
  const { content } = expectTag(element, TAG.objectId);
  const arcs: number[] = [];
  let arc = 0;
  for (const byte of content) {
    arc = arc * 128 + (byte & 0x7f);
    if (arc > Number.MAX_SAFE_INTEGER) throw new Error('an object identifier is too long');
    if (byte >= 0x80) continue;
    arcs.push(arc);
    arc = 0;
  }
  const [joined = 0, ...rest] = arcs;
  const first = Math.min(2, Math.floor(joined / 40));
  return [first, joined - 40 * first, ...rest].join('.');
}
