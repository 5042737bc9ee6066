import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { type AgeHeader, COLUMNS, type HeaderStanza, VERSION_LINE } from './age-header.js';

/** Behind the stanzas; the MAC covers it, too. */
const END = '---';

/**
 * A header with its MAC (C2SP age, header).
 *
 * @param fileKey 16 bytes
 * @returns from the version line to the line feed behind the MAC
 */
export function writeHeader(stanzas: readonly HeaderStanza[], fileKey: Uint8Array): Buffer {
  const lines = [VERSION_LINE];
  for (const { type, args, body } of stanzas) {
    lines.push(['->', type, ...args].join(' '));
    const text = unpadded(body);
    // The last line is shorter than the others, if need be empty.
    for (let at = 0; at <= text.length; at += COLUMNS) lines.push(text.slice(at, at + COLUMNS));
  }
  const covered = Buffer.from(`${lines.join('\n')}\n${END}`, 'latin1');
  return Buffer.concat([covered, Buffer.from(` ${unpadded(macOf(covered, fileKey))}\n`)]);
}

/** Whether a header is as somebody wrote it who knew the file key. */
export function isAuthentic({ bytes }: AgeHeader, fileKey: Uint8Array): boolean {
  const end = bytes.lastIndexOf(`\n${END} `) + 1 + END.length;
  const mac = Buffer.from(bytes.toString('latin1', end + 1), 'base64');
  const right = macOf(bytes.subarray(0, end), fileKey);
  return mac.length === right.length && timingSafeEqual(mac, right);
}

/** HMAC-SHA-256; its key is HKDF-SHA-256 (RFC 5869) of the file key. */
function macOf(covered: Uint8Array, fileKey: Uint8Array): Buffer {
  const key = new Uint8Array(hkdfSync('sha256', fileKey, new Uint8Array(0), 'header', 32));
  return createHmac('sha256', key).update(covered).digest();
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
