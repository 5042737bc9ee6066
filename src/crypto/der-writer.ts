// ASN.1 in the Distinguished Encoding Rules (X.690): writing.
import { Tag } from './der.js';

/** Identifier and length octets of an element with so many octets of content; definite form. */
export function elementHead(tag: number, length: number): Buffer {
  if (length < 0x80) return Buffer.from([tag, length]);
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return Buffer.from([tag, 0x80 | octets.length, ...octets]);
}

/** One element, with the concatenation of the parts as its content. */
export function element(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([elementHead(tag, length), ...parts]);
}

export function sequence(...parts: readonly Uint8Array[]): Buffer {
  return element(Tag.sequence, ...parts);
}

/** A small non-negative INTEGER. */
export function smallInteger(value: number): Buffer {
  if (!Number.isInteger(value) || value < 0 || value > 0x7f)
    throw new RangeError('Only 0 to 127 is written this way');
  return Buffer.from([Tag.integer, 1, value]);
}

/** @param dotted such as `1.2.840.113549.1.7.1` */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const octets = [first * 40 + second, ...rest].flatMap((arc) => {
    const digits = [arc % 128];
    for (let high = Math.floor(arc / 128); high > 0; high = Math.floor(high / 128))
      digits.unshift((high % 128) | 0x80);
    return digits;
  });
  return element(Tag.oid, Buffer.from(octets));
}
