import { crc32 } from 'node:zlib';
import type { Source } from '../byte-flow.js';
import type { EncryptionEvidence } from './evidence.js';

const SIGNATURE = Buffer.from('377abcaf271c', 'hex');
const START_BYTES = 32;
const MAX_HEADER_BYTES = 1024 * 1024;
/** Identifier of the coder 7zAES: AES-256 in CBC mode. */
const AES_CODER = Buffer.from('06f10701', 'hex');
const ENCODED_HEADER = 0x17;
const PACK_INFO = 0x06;

/**
 * A 7z archive whose list of names is encrypted (`7z a -mhe=on -p`): the rest is then encrypted as well. Where the list
 * can be read, names are told, and files with and without encryption can stand side by side: that is not accepted.
 */
export async function recognizeSevenZip(source: Source): Promise<EncryptionEvidence | null> {
  if (source.size < START_BYTES) return null;
  const start = await source.read(0, START_BYTES);
  if (!start.subarray(0, 6).equals(SIGNATURE) || crc32(start.subarray(12)) !== start.readUInt32LE(8))
    return null;
  const offset = start.readBigUInt64LE(12) + BigInt(START_BYTES);
  const bytes = Number(start.readBigUInt64LE(20));
  if (bytes < 2 || bytes > MAX_HEADER_BYTES || offset + BigInt(bytes) !== BigInt(source.size)) return null;
  const header = await source.read(Number(offset), bytes);
  if (crc32(header) !== start.readUInt32LE(28)) return null;
  // The encoded header says how the list of names was packed: there the coder stands, in the first few octets.
  if (header[0] !== ENCODED_HEADER || header[1] !== PACK_INFO || !header.includes(AES_CODER)) return null;
  return {
    format: '7z archive, AES-256, names encrypted',
    certainty: 'header',
    note: 'its content is encrypted but not authenticated',
  };
}
