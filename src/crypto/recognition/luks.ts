import { createHash } from 'node:crypto';
import type { Source } from '../byte-flow.js';
import type { EncryptionEvidence } from './evidence.js';

const MAGIC = Buffer.from('LUKS\xba\xbe', 'latin1');
const CIPHERS = /^(?:aes|serpent|twofish|camellia)-(?:xts|cbc-essiv)/;
const MAX_HEADER_BYTES = 4 * 1024 * 1024;
const CHECKSUM = { at: 448, bytes: 64 };

/**
 * A LUKS volume in a file, versions 1 and 2 of the on-disk format. A volume with the cipher `null`, or with a part that
 * is not encrypted, is none.
 */
export async function recognizeLuks(source: Source): Promise<EncryptionEvidence | null> {
  if (source.size < 4096) return null;
  const header = await source.read(0, 4096);
  if (!header.subarray(0, 6).equals(MAGIC)) return null;
  const version = header.readUInt16BE(6);
  const note = 'that all of the volume was written since it was set up cannot be seen';
  if (version === 1) {
    const cipher = `${text(header, 8, 32)}-${text(header, 40, 32)}`;
    const fits = CIPHERS.test(cipher) && header.readUInt32BE(104) * 512 < source.size;
    return fits ? { format: 'LUKS1 volume', certainty: 'header', note } : null;
  }
  return version === 2 && (await isLuks2(source, header))
    ? { format: 'LUKS2 volume', certainty: 'header', note }
    : null;
}

async function isLuks2(source: Source, start: Buffer): Promise<boolean> {
  const bytes = Number(start.readBigUInt64BE(8));
  if (bytes < 16_384 || bytes > MAX_HEADER_BYTES || 2 * bytes >= source.size) return false;
  const header = Buffer.from(await source.read(0, bytes));
  const expected = Buffer.from(header.subarray(CHECKSUM.at, CHECKSUM.at + 32));
  header.fill(0, CHECKSUM.at, CHECKSUM.at + CHECKSUM.bytes);
  if (text(header, 72, 32) !== 'sha256' || !createHash('sha256').update(header).digest().equals(expected))
    return false;
  try {
    const { segments } = JSON.parse(text(header, 4096, bytes - 4096)) as {
      segments?: Record<string, { type?: unknown; encryption?: unknown }>;
    };
    const all = Object.values(segments ?? {});
    return (
      all.length > 0 &&
      all.every(({ type, encryption }) => type === 'crypt' && CIPHERS.test(String(encryption)))
    );
  } catch {
    return false;
  }
}

function text(bytes: Buffer, at: number, length: number): string {
  const field = bytes.subarray(at, at + length);
  const end = field.indexOf(0);
  return field.toString('latin1', 0, end < 0 ? length : end);
}
