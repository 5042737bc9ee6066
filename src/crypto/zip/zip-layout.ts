// The records of a ZIP file with one entry: PKWARE APPNOTE.TXT 6.3.10, chapter 4, and the AES extra field of WinZip,
// https://www.winzip.com/en/support/aes-encryption/.

export const WHAT = 'zip file';
export const SALT_BYTES = 16;
export const VERIFIER_BYTES = 2;
export const MAC_BYTES = 10;
/** What the encryption adds to an entry. */
export const OVERHEAD_BYTES = SALT_BYTES + VERIFIER_BYTES + MAC_BYTES;

export const LOCAL = 0x04034b50;
export const CENTRAL = 0x02014b50;
export const DESCRIPTOR = 0x08074b50;
export const END = 0x06054b50;
export const END_64 = 0x06064b50;
export const LOCATOR_64 = 0x07064b50;
export const LOCAL_BYTES = 30;
export const CENTRAL_BYTES = 46;
export const END_BYTES = 22;
export const TAIL_64_BYTES = 56 + 20;
export const MAX_32 = 0xffffffff;

export const AES_METHOD = 99;
export const AES_FIELD = 0x9901;
export const ZIP64_FIELD = 0x0001;
export const AE_2 = 2;
export const AES_256 = 3;
const VERSION = 51;
export const ENCRYPTED = 0x0001;
export const SIZES_FOLLOW = 0x0008;
/** 1 January 1980, the least that the format can say: when something was encrypted is nobody's business. */
const DATE = 0x0021;

/** The one entry of a file. Sizes in bytes. */
export interface ZipEntry {
  name: string;
  /** Of salt, verification value, ciphertext and authentication code together. */
  storedBytes: number;
  plaintextBytes: number;
}

/** Where the parts of a file lie that was read. */
export interface ZipFile extends ZipEntry {
  /** Of the salt. */
  dataStart: number;
  /** Behind the authentication code. */
  dataEnd: number;
  compression: 'stored' | 'deflate';
}

/** @param entry null where the sizes are not known yet and follow behind the data */
export function localHeader(name: string, entry: ZipEntry | null): Buffer {
  const large = entry !== null && isLarge(entry);
  const extra = Buffer.concat([
    large ? zip64Field([entry.plaintextBytes, entry.storedBytes]) : EMPTY,
    aesField(),
  ]);
  const header = Buffer.alloc(LOCAL_BYTES);
  header.writeUInt32LE(LOCAL, 0);
  writeCommon(header, 4, name, entry, extra.length);
  return Buffer.concat([header, Buffer.from(name), extra]);
}

/** Data descriptor, for an entry whose local header does not have the sizes. */
export function dataDescriptor(entry: ZipEntry): Buffer {
  const large = isLarge(entry);
  const record = Buffer.alloc(large ? 24 : 16);
  record.writeUInt32LE(DESCRIPTOR, 0);
  writeSize(record, 8, entry.storedBytes, large);
  writeSize(record, large ? 16 : 12, entry.plaintextBytes, large);
  return record;
}

/** Everything behind the data: central directory and its end. @param offset where it begins */
export function directory(entry: ZipEntry, sizesFollow: boolean, offset: number): Buffer {
  const large = isLarge(entry);
  const extra = Buffer.concat([
    large ? zip64Field([entry.plaintextBytes, entry.storedBytes]) : EMPTY,
    aesField(),
  ]);
  const header = Buffer.alloc(CENTRAL_BYTES);
  header.writeUInt32LE(CENTRAL, 0);
  header.writeUInt16LE(VERSION, 4);
  writeCommon(header, 6, entry.name, entry, extra.length);
  if (sizesFollow) header.writeUInt16LE(ENCRYPTED | SIZES_FOLLOW, 8);
  const central = Buffer.concat([header, Buffer.from(entry.name), extra]);
  const far = offset >= MAX_32;
  const end = Buffer.alloc(END_BYTES);
  end.writeUInt32LE(END, 0);
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(far ? MAX_32 : offset, 16);
  return Buffer.concat([central, far ? tail64(central.length, offset) : EMPTY, end]);
}

const EMPTY = Buffer.alloc(0);

function isLarge({ storedBytes }: ZipEntry): boolean {
  return storedBytes >= MAX_32;
}

/** The fields from `version needed` on, which local and central header share. */
function writeCommon(
  header: Buffer,
  at: number,
  name: string,
  entry: ZipEntry | null,
  extraBytes: number,
): void {
  const size = (bytes: number) => (entry === null ? 0 : isLarge(entry) ? MAX_32 : bytes);
  header.writeUInt16LE(VERSION, at);
  header.writeUInt16LE(entry === null ? ENCRYPTED | SIZES_FOLLOW : ENCRYPTED, at + 2);
  header.writeUInt16LE(AES_METHOD, at + 4);
  header.writeUInt16LE(DATE, at + 8);
  // AE-2 has no CRC: it would tell something of the plaintext.
  header.writeUInt32LE(size(entry?.storedBytes ?? 0), at + 14);
  header.writeUInt32LE(size(entry?.plaintextBytes ?? 0), at + 18);
  header.writeUInt16LE(name.length, at + 22);
  header.writeUInt16LE(extraBytes, at + 24);
}

function aesField(): Buffer {
  const field = Buffer.alloc(11);
  field.writeUInt16LE(AES_FIELD, 0);
  field.writeUInt16LE(7, 2);
  field.writeUInt16LE(AE_2, 4);
  field.write('AE', 6, 'latin1');
  field.writeUInt8(AES_256, 8);
  return field;
}

function zip64Field(sizes: readonly number[]): Buffer {
  const field = Buffer.alloc(4 + 8 * sizes.length);
  field.writeUInt16LE(ZIP64_FIELD, 0);
  field.writeUInt16LE(8 * sizes.length, 2);
  for (const [index, size] of sizes.entries()) field.writeBigUInt64LE(BigInt(size), 4 + 8 * index);
  return field;
}

function writeSize(record: Buffer, at: number, size: number, large: boolean): void {
  if (large) record.writeBigUInt64LE(BigInt(size), at);
  else record.writeUInt32LE(size, at);
}

function tail64(directoryBytes: number, offset: number): Buffer {
  const tail = Buffer.alloc(TAIL_64_BYTES);
  tail.writeUInt32LE(END_64, 0);
  tail.writeBigUInt64LE(44n, 4);
  tail.writeUInt16LE(VERSION, 12);
  tail.writeUInt16LE(VERSION, 14);
  tail.writeBigUInt64LE(1n, 24);
  tail.writeBigUInt64LE(1n, 32);
  tail.writeBigUInt64LE(BigInt(directoryBytes), 40);
  tail.writeBigUInt64LE(BigInt(offset), 48);
  tail.writeUInt32LE(LOCATOR_64, 56);
  tail.writeBigUInt64LE(BigInt(offset + directoryBytes), 64);
  tail.writeUInt32LE(1, 72);
  return tail;
}
