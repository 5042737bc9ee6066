import type { Source } from '../byte-flow.js';
import { ciphertextDamaged, encryptionTooWeak } from '../format-faults.js';
import {
  AE_2,
  AES_256,
  AES_FIELD,
  AES_METHOD,
  CENTRAL,
  CENTRAL_BYTES,
  DESCRIPTOR,
  ENCRYPTED,
  END,
  END_64,
  END_BYTES,
  LOCAL,
  LOCAL_BYTES,
  LOCATOR_64,
  MAX_32,
  OVERHEAD_BYTES,
  SIZES_FOLLOW,
  TAIL_64_BYTES,
  WHAT,
  ZIP64_FIELD,
  type ZipFile,
} from './zip-layout.js';

/** The directory of one entry is never longer; so much is read at most. */
const MAX_DIRECTORY_BYTES = 256 * 1024;

/** What a header says of the entry; of two headers both must say the same. */
interface Header {
  flags: number;
  method: number;
  crc: number;
  storedBytes: number;
  plaintextBytes: number;
  name: Buffer;
  aes: Aes | null;
  /** Of the header with name and extra fields. */
  bytes: number;
}

interface Aes {
  version: number;
  strength: number;
  method: number;
}

/**
 * Reads the structure of a file with one AES-256 AE-2 entry that fills it from the first byte to the last. A file
 * with several entries, with something before, between or behind the records, or whose headers contradict each other
 * is refused: readers disagree on what such a file holds.
 *
 * @throws Fault `ciphertext-damaged` (exit 5), `encryption-too-weak` (exit 4) for AE-1, ZipCrypto and no encryption
 */
export async function readZipFile(source: Source): Promise<ZipFile> {
  if (source.size < LOCAL_BYTES + CENTRAL_BYTES + END_BYTES) throw damaged('it is too short');
  const { offset, bytes } = await readEnd(source);
  const central = centralHeader(await source.read(offset, bytes));
  const localBytes = Math.min(LOCAL_BYTES + 2 * 0xffff, offset);
  const local = localHeader(await source.read(0, localBytes));
  requireSame(local, central);
  const aes = requireStrong(central);
  const { storedBytes, plaintextBytes } = central;
  const dataStart = local.bytes;
  const dataEnd = dataStart + storedBytes;
  const between = offset - dataEnd;
  if (between < 0 || storedBytes < OVERHEAD_BYTES) throw damaged('its sizes are not those of its parts');
  if (central.flags & SIZES_FOLLOW)
    requireDescriptor(await source.read(dataEnd, Math.min(between, 24)), between, central);
  else if (between !== 0) throw damaged('there is something between its records');
  if (aes.method === 0 && storedBytes !== plaintextBytes + OVERHEAD_BYTES)
    throw damaged('its sizes are not those of its parts');
  return {
    name: central.name.toString('utf8'),
    storedBytes,
    plaintextBytes,
    dataStart,
    dataEnd,
    compression: aes.method === 0 ? 'stored' : 'deflate',
  };
}

/** @returns where the directory lies */
async function readEnd(source: Source): Promise<{ offset: number; bytes: number }> {
  const end = await source.read(source.size - END_BYTES, END_BYTES);
  if (end.readUInt32LE(0) !== END) throw damaged('it does not end as a zip file without a comment does');
  const several = 'it holds several entries or parts, and their protection can differ';
  if (end.readUInt32LE(4) !== 0 || end.readUInt16LE(20) !== 0) throw damaged('its end is not well formed');
  const counts = [end.readUInt16LE(8), end.readUInt16LE(10)];
  let bytes = end.readUInt32LE(12);
  let offset = end.readUInt32LE(16);
  let behind = source.size - END_BYTES;
  if (offset === MAX_32 || bytes === MAX_32 || counts.includes(0xffff)) {
    behind -= TAIL_64_BYTES;
    if (behind < 0) throw damaged('it is too short');
    ({ bytes, offset } = tail64(await source.read(behind, TAIL_64_BYTES), behind));
  } else if (counts.some((count) => count !== 1)) {
    throw encryptionTooWeak(WHAT, several, 'Ask for one encrypted file in it, or open it with 7-Zip');
  }
  if (bytes < CENTRAL_BYTES || bytes > MAX_DIRECTORY_BYTES || offset + bytes !== behind)
    throw damaged('its directory is not where it should be');
  return { offset, bytes };
}

function tail64(tail: Buffer, position: number): { offset: number; bytes: number } {
  const well =
    tail.readUInt32LE(0) === END_64 &&
    tail.readBigUInt64LE(4) === 44n &&
    tail.readBigUInt64LE(16) === 0n &&
    tail.readBigUInt64LE(24) === 1n &&
    tail.readBigUInt64LE(32) === 1n &&
    tail.readUInt32LE(56) === LOCATOR_64 &&
    tail.readUInt32LE(60) === 0 &&
    tail.readBigUInt64LE(64) === BigInt(position) &&
    tail.readUInt32LE(72) === 1;
  if (!well) throw damaged('its ZIP64 end is not well formed');
  return { bytes: size64(tail, 40), offset: size64(tail, 48) };
}

function centralHeader(directory: Buffer): Header {
  if (directory.readUInt32LE(0) !== CENTRAL) throw damaged('its directory is not well formed');
  const [name, extra, comment] = [28, 30, 32].map((at) => directory.readUInt16LE(at)) as [
    number,
    number,
    number,
  ];
  if (CENTRAL_BYTES + name + extra + comment !== directory.length || comment !== 0)
    throw damaged('its directory is not well formed');
  if (directory.readUInt16LE(34) !== 0 || directory.readUInt32LE(42) !== 0)
    throw damaged('its entry does not begin where the file begins');
  return header(directory, 8, CENTRAL_BYTES, name, extra);
}

function localHeader(start: Buffer): Header {
  if (start.length < LOCAL_BYTES || start.readUInt32LE(0) !== LOCAL)
    throw damaged('it does not begin with an entry');
  return header(start, 6, LOCAL_BYTES, start.readUInt16LE(26), start.readUInt16LE(28));
}

/** @param at where the flags are */
function header(bytes: Buffer, at: number, fixed: number, nameBytes: number, extraBytes: number): Header {
  if (fixed + nameBytes + extraBytes > bytes.length) throw damaged('a header is longer than its place');
  const fields = extraFields(bytes.subarray(fixed + nameBytes, fixed + nameBytes + extraBytes));
  const sizes = [bytes.readUInt32LE(at + 16), bytes.readUInt32LE(at + 12)] as const;
  const [plaintextBytes, storedBytes] = withZip64(sizes, fields.get(ZIP64_FIELD));
  return {
    flags: bytes.readUInt16LE(at),
    method: bytes.readUInt16LE(at + 2),
    crc: bytes.readUInt32LE(at + 8),
    plaintextBytes,
    storedBytes,
    name: bytes.subarray(fixed, fixed + nameBytes),
    aes: aesIn(fields.get(AES_FIELD)),
    bytes: fixed + nameBytes + extraBytes,
  };
}

function extraFields(extra: Buffer): Map<number, Buffer> {
  const found = new Map<number, Buffer>();
  for (let at = 0; at < extra.length; ) {
    if (at + 4 > extra.length) throw damaged('an extra field is cut off');
    const id = extra.readUInt16LE(at);
    const end = at + 4 + extra.readUInt16LE(at + 2);
    if (end > extra.length || found.has(id)) throw damaged('its extra fields are not well formed');
    found.set(id, extra.subarray(at + 4, end));
    at = end;
  }
  return found;
}

/** @param sizes plaintext and stored, of which those too large for 32 bits are in the field */
function withZip64(sizes: readonly [number, number], field: Buffer | undefined): [number, number] {
  let at = 0;
  const [plaintext, stored] = sizes.map((size) => {
    if (size !== MAX_32) return size;
    if (field === undefined || at + 8 > field.length) throw damaged('a size is missing');
    at += 8;
    return size64(field, at - 8);
  });
  return [plaintext ?? 0, stored ?? 0];
}

function size64(bytes: Buffer, at: number): number {
  const size = bytes.readBigUInt64LE(at);
  if (size > BigInt(Number.MAX_SAFE_INTEGER)) throw damaged('a size is larger than any file');
  return Number(size);
}

function aesIn(field: Buffer | undefined): Aes | null {
  if (field === undefined) return null;
  if (field.length !== 7 || field.toString('latin1', 2, 4) !== 'AE')
    throw damaged('its AES field is not well formed');
  return { version: field.readUInt16LE(0), strength: field.readUInt8(4), method: field.readUInt16LE(5) };
}

function requireSame(local: Header, central: Header): void {
  const follow = (central.flags & SIZES_FOLLOW) !== 0;
  const same =
    local.flags === central.flags &&
    local.method === central.method &&
    local.name.equals(central.name) &&
    JSON.stringify(local.aes) === JSON.stringify(central.aes) &&
    (follow ||
      (local.storedBytes === central.storedBytes && local.plaintextBytes === central.plaintextBytes));
  if (!same) throw damaged('its two headers contradict each other');
}

function requireStrong({ flags, method, aes, crc }: Header): Aes {
  const again = 'Ask the sender for a file in the format age, or a zip file made with AES-256 by 7-Zip';
  if ((flags & ENCRYPTED) === 0) throw encryptionTooWeak(WHAT, 'it is not encrypted', again);
  if (method !== AES_METHOD || aes === null)
    throw encryptionTooWeak(WHAT, 'it is encrypted with ZipCrypto, which is broken', again);
  if (aes.version !== AE_2)
    throw encryptionTooWeak(WHAT, 'it is of the variant AE-1, which tells a checksum of the content', again);
  if (aes.strength !== AES_256) throw encryptionTooWeak(WHAT, 'its key is shorter than 256 bits', again);
  if (crc !== 0) throw damaged('it has a checksum where AE-2 has none');
  if (aes.method !== 0 && aes.method !== 8) throw damaged('its content is compressed in an unknown way');
  return aes;
}

function requireDescriptor(record: Buffer, between: number, entry: Header): void {
  // With or without a signature, with sizes of 32 or 64 bits: APPNOTE 4.3.9.
  const signed = record.length >= 4 && record.readUInt32LE(0) === DESCRIPTOR ? 4 : 0;
  const wide = between - signed === 20;
  if (!wide && between - signed !== 12) throw damaged('there is something between its records');
  const size = (at: number) => (wide ? size64(record, at) : record.readUInt32LE(at));
  const stored = size(signed + 4);
  const plaintext = size(signed + (wide ? 12 : 8));
  if (record.readUInt32LE(signed) !== 0 || stored !== entry.storedBytes || plaintext !== entry.plaintextBytes)
    throw damaged('the sizes behind its content contradict its directory');
}

function damaged(why: string): Error {
  return ciphertextDamaged(WHAT, why);
}
