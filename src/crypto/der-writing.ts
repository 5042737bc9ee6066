// ASN.1 in the Distinguished Encoding Rules (X.690): writing.
import { contextTag, Tag } from './der.js';

/** Identifier and length octets of an element with so many octets of content; the definite form, at its shortest. */
export function elementHead(tag: number, length: number): Buffer {
  if (length < 0x80) return Buffer.from([tag, length]);
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return Buffer.from([tag, 0x80 | octets.length, ...octets]);
}

/** One element: identifier, length in its shortest form, and the contents one after the other. */
export function element(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const length = contents.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([elementHead(tag, length), ...contents]);
}

export function sequence(...contents: Uint8Array[]): Buffer {
  return element(Tag.sequence, ...contents);
}

/** SET OF: its elements in the order of their encodings (X.690, 11.6). */
export function setOf(...elements: Buffer[]): Buffer {
  return element(Tag.set, ...elements.toSorted(Buffer.compare));
}

/** Constructed, with a context-specific tag. */
export function context(number: number, ...contents: Uint8Array[]): Buffer {
  return element(contextTag(number), ...contents);
}

/** OBJECT IDENTIFIER from its dotted form. */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return element(Tag.oid, Buffer.from([40 * first + second, ...rest].flatMap(base128)));
}

function base128(arc: number): number[] {
  const octets = [arc % 128];
  for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128))
    octets.unshift(0x80 | (left % 128));
  return octets;
}

/** Non-negative INTEGER: a small number, or big-endian octets. */
export function integer(value: number | Uint8Array): Buffer {
  const octets = typeof value === 'number' ? Buffer.from([value]) : Buffer.from(value);
  const positive = ((octets[0] ?? 0) & 0x80) === 0;
  return element(Tag.integer, ...(positive ? [] : [Buffer.from([0])]), octets);
}

export function octets(value: Uint8Array): Buffer {
  return element(Tag.octetString, value);
}

/** Time to the second as RFC 5280, 4.1.2.5, and RFC 5652, 11.3, write it: UTCTime until 2049, GeneralizedTime after. */
export function time(instant: Date): Buffer {
  const text = `${instant.toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`;
  if (instant.getUTCFullYear() < 2050) return element(Tag.utcTime, Buffer.from(text.slice(2), 'latin1'));
  return element(Tag.generalizedTime, Buffer.from(text, 'latin1'));
}

/** AlgorithmIdentifier; with NULL as its parameters where the algorithm asks for that. */
export function algorithm(dotted: string, parameters: 'null' | 'absent' = 'absent'): Buffer {
  return sequence(oid(dotted), ...(parameters === 'null' ? [element(Tag.null)] : []));
}
