import { DerCursor, oidText, readAll, readSingle, Tag } from '../der.js';

const SHORT: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.5': 'serialNumber',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '1.2.840.113549.1.9.1': 'emailAddress',
  '0.9.2342.19200300.100.1.25': 'DC',
};

const BMP_STRING = 0x1e;

/**
 * A Name (RFC 5280, 4.1.2.4) as one line, such as `C=US, O=Example, CN=Ann Lee`. Control characters are escaped, so
 * that it can be shown on a terminal.
 *
 * @param der the whole element
 * @throws DerError
 */
export function nameText(der: Buffer): string {
  const parts = readAll(readSingle(der, Tag.sequence).content).flatMap((set) => readAll(set.content));
  return parts
    .map(({ content }) => {
      const cursor = new DerCursor(content);
      const type = oidText(cursor.take(Tag.oid));
      const value = cursor.next();
      const text = value.tag === BMP_STRING ? utf16(value.content) : value.content.toString('utf8');
      return `${SHORT[type] ?? type}=${visible(text)}`;
    })
    .join(', ');
}

function utf16(octets: Buffer): string {
  return octets.length % 2 === 0
    ? Buffer.from(octets).swap16().toString('utf16le')
    : octets.toString('latin1');
}

function visible(text: string): string {
  return text.replace(/[\p{C},\\]/gu, (character) =>
    character === ',' || character === '\\'
      ? `\\${character}`
      : `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}
