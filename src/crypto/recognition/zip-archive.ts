import type { Source } from '../byte-flow.js';
import {
  AES_FIELD,
  AES_METHOD,
  CENTRAL,
  CENTRAL_BYTES,
  END,
  END_BYTES,
  LOCAL,
  LOCAL_BYTES,
  MAX_32,
  OVERHEAD_BYTES,
} from '../zip/zip-layout.js';
import type { EncryptionEvidence } from './evidence.js';

const MAX_DIRECTORY_BYTES = 16 * 1024 * 1024;

interface Entry {
  offset: number;
  storedBytes: number;
  nameBytes: number;
  folder: boolean;
}

/**
 * A zip archive of others, all files of which are encrypted with AES and which holds nothing else between its records.
 * ZipCrypto is not encryption: its key is found from a few known bytes.
 */
export async function recognizeZipArchive(source: Source): Promise<EncryptionEvidence | null> {
  const entries = await entriesOf(source);
  if (entries === null || entries.list.every(({ folder }) => folder)) return null;
  let at = 0;
  for (const entry of entries.list.toSorted((one, other) => one.offset - other.offset)) {
    // A data descriptor of 12 to 24 octets may stand between two entries.
    if (entry.offset - at !== 0 && (at === 0 || entry.offset - at < 12 || entry.offset - at > 24))
      return null;
    const end = await endOf(source, entry);
    if (end === null || end > entries.directory) return null;
    at = end;
  }
  const gap = entries.directory - at;
  if (gap !== 0 && (gap < 12 || gap > 24)) return null;
  return {
    format: 'zip archive, AES',
    certainty: 'whole',
    note: 'the names of its files can be read by everybody',
  };
}

async function entriesOf(source: Source): Promise<{ list: Entry[]; directory: number } | null> {
  if (source.size < END_BYTES) return null;
  const end = await source.read(source.size - END_BYTES, END_BYTES);
  if (end.readUInt32LE(0) !== END || end.readUInt32LE(4) !== 0 || end.readUInt16LE(20) !== 0) return null;
  const [count, bytes, directory] = [end.readUInt16LE(10), end.readUInt32LE(12), end.readUInt32LE(16)];
  if (bytes > MAX_DIRECTORY_BYTES || directory + bytes + END_BYTES !== source.size) return null;
  const central = await source.read(directory, bytes);
  const list: Entry[] = [];
  for (let at = 0; at < central.length; ) {
    if (at + CENTRAL_BYTES > central.length || central.readUInt32LE(at) !== CENTRAL) return null;
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((field) =>
      central.readUInt16LE(at + field),
    ) as [number, number, number];
    const next = at + CENTRAL_BYTES + nameBytes + extraBytes + commentBytes;
    // A comment would be readable.
    if (next > central.length || commentBytes > 0) return null;
    const name = central.toString('latin1', at + CENTRAL_BYTES, at + CENTRAL_BYTES + nameBytes);
    const storedBytes = central.readUInt32LE(at + 20);
    const folder = name.endsWith('/') && storedBytes === 0;
    const extra = central.subarray(at + CENTRAL_BYTES + nameBytes, next);
    if (!folder && !isAes(central.readUInt16LE(at + 8), central.readUInt16LE(at + 10), extra)) return null;
    if (!folder && (storedBytes < OVERHEAD_BYTES - 8 || storedBytes === MAX_32)) return null;
    list.push({ offset: central.readUInt32LE(at + 42), storedBytes, nameBytes, folder });
    at = next;
  }
  return list.length === count ? { list, directory } : null;
}

/** Where the data of an entry ends; null where its own header does not say the same as the directory. */
async function endOf(
  source: Source,
  { offset, storedBytes, nameBytes, folder }: Entry,
): Promise<number | null> {
  if (offset + LOCAL_BYTES > source.size) return null;
  const header = await source.read(offset, LOCAL_BYTES);
  const extraBytes = header.readUInt16LE(28);
  const data = offset + LOCAL_BYTES + nameBytes + extraBytes;
  if (header.readUInt32LE(0) !== LOCAL || header.readUInt16LE(26) !== nameBytes || data > source.size)
    return null;
  const extra = await source.read(data - extraBytes, extraBytes);
  if (!folder && !isAes(header.readUInt16LE(6), header.readUInt16LE(8), extra)) return null;
  return data + storedBytes;
}

function isAes(flags: number, method: number, extra: Buffer): boolean {
  if ((flags & 1) === 0 || method !== AES_METHOD) return false;
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2))
    if (extra.readUInt16LE(at) === AES_FIELD) return true;
  return false;
}
