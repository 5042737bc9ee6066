import { contextTag, Tag } from '../der.js';
import { element, elementHead, integer, oid, sequence } from '../der-writing.js';
import { AES_256_GCM, Oid } from './identifiers.js';

export const TAG_BYTES = 16;
export const NONCE_BYTES = 12;

/** Constructed, of a length that is not known before its end: X.690, 8.1.3.6. */
const INDEFINITE = 0x80;
const END_OF_CONTENTS = Buffer.alloc(2);

/** What stands before and behind the encrypted content of an AuthEnvelopedData (RFC 5083) in a ContentInfo. */
export interface Envelope {
  /** Content of the set of RecipientInfo. */
  recipients: Buffer;
  before: Buffer;
  /** What stands around a part of the content. */
  around(part: Buffer): Buffer[];
  behind(tag: Buffer): Buffer;
}

/**
 * @param recipients RecipientInfo elements
 * @param contentBytes null where it is not known: then the lengths are indefinite and the content comes in parts
 */
export function envelope(
  recipients: readonly Buffer[],
  nonce: Buffer,
  contentBytes: number | null,
): Envelope {
  const version = integer(0);
  // DER orders a set by its octets.
  const ordered = Buffer.concat(recipients.toSorted(Buffer.compare));
  const infos = element(Tag.set, ordered);
  const type = oid(Oid.data);
  const parameters = sequence(element(Tag.octetString, nonce), integer(TAG_BYTES));
  const cipher = sequence(oid(AES_256_GCM), parameters);
  const outer = oid(Oid.authEnvelopedData);
  if (contentBytes === null) {
    const open = (tag: number) => Buffer.from([tag, INDEFINITE]);
    return {
      recipients: ordered,
      before: Buffer.concat([
        ...[open(Tag.sequence), outer, open(contextTag(0)), open(Tag.sequence), version, infos],
        ...[open(Tag.sequence), type, cipher, open(contextTag(0))],
      ]),
      around: (part) => [elementHead(Tag.octetString, part.length), part],
      behind: (tag) =>
        Buffer.concat([
          ...[END_OF_CONTENTS, END_OF_CONTENTS, element(Tag.octetString, tag)],
          ...[END_OF_CONTENTS, END_OF_CONTENTS, END_OF_CONTENTS],
        ]),
    };
  }
  // From the inside out: each head needs the length of what it holds.
  const content = elementHead(contextTag(0, false), contentBytes);
  const encrypted = headOver(Tag.sequence, [type, cipher, content], contentBytes);
  const enveloped = headOver(Tag.sequence, [version, infos, encrypted], contentBytes + 2 + TAG_BYTES);
  const explicit = headOver(contextTag(0), [enveloped], contentBytes + 2 + TAG_BYTES);
  return {
    recipients: ordered,
    before: headOver(Tag.sequence, [outer, explicit], contentBytes + 2 + TAG_BYTES),
    around: (part) => [part],
    behind: (tag) => element(Tag.octetString, tag),
  };
}

/** A head and the first parts of what it holds; the rest, of that many octets, follows later. */
function headOver(tag: number, parts: readonly Buffer[], restBytes: number): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, restBytes);
  return Buffer.concat([elementHead(tag, length), ...parts]);
}
