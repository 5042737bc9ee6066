import { crc32, inflateRawSync } from 'node:zlib';
import { badInput, Fault } from '../model/index.js';
import type { BundleFiles } from './bundle-contents.js';

/** Far above the bundle of the largest certificate. */
const MAX_BYTES = 1024 * 1024 * 1024;
const MAX_FILES = 200_000;
/** Of a folder in it, for which other programs than this one make an entry. */
const FOLDER_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*\/$/;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*(?:\/[A-Za-z0-9][A-Za-z0-9._-]*)?$/;

/**
 * Packs the files into one zip. The same files and time give the same bytes.
 *
 * @param at time that each file gets
 */
export async function packBundle(files: BundleFiles, at: Date): Promise<Buffer> {
  const { ZipArchive } = await import('archiver');
  const archive = new ZipArchive({ zlib: { level: 6 } });
  const chunks: Buffer[] = [];
  const done = new Promise<void>((resolve, reject) => {
    archive.on('data', (chunk: Buffer) => chunks.push(chunk));
    archive.on('end', resolve);
    archive.on('error', reject);
  });
  for (const [name, bytes] of files) archive.append(bytes, { name, date: at, mode: 0o644 });
  await archive.finalize();
  await done;
  return Buffer.concat(chunks);
}

/**
 * Unpacks a bundle into memory: a zip of files that are stored or deflated (PKWARE APPNOTE, 4.3), by its central
 * directory. Every file must have the CRC-32 that stands there.
 *
 * @throws Fault `bundle-unreadable` (exit 2) where it is no zip, or holds what no bundle holds
 */
export function unpackBundle(bytes: Buffer): BundleFiles {
  const files: BundleFiles = new Map();
  let total = 0;
  try {
    for (const entry of centralDirectory(bytes)) {
      if (FOLDER_NAME.test(entry.name) && entry.size === 0) continue;
      if (!NAME.test(entry.name) || files.has(entry.name) || files.size === MAX_FILES)
        throw unreadable('it holds a file that no bundle holds');
      total += entry.size;
      if (total > MAX_BYTES) throw unreadable('it is larger than 1 GiB');
      files.set(entry.name, content(bytes, entry));
    }
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw unreadable('it is no whole zip file', error);
  }
  return files;
}

interface ZipEntry {
  name: string;
  method: number;
  crc: number;
  packed: number;
  size: number;
  offset: number;
}

const END = 0x06054b50;
const END_64 = 0x06064b50;
const END_64_LOCATOR = 0x07064b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const END_BYTES = 22;
const DEFLATED = 8;

function* centralDirectory(bytes: Buffer): Generator<ZipEntry> {
  const end = bytes.length - END_BYTES;
  if (bytes.readUInt32LE(end) !== END) throw unreadable('it is no whole zip file');
  let at = bytes.readUInt32LE(end + 16);
  if (end >= 20 && bytes.readUInt32LE(end - 20) === END_64_LOCATOR) {
    const end64 = Number(bytes.readBigUInt64LE(end - 12));
    if (bytes.readUInt32LE(end64) !== END_64) throw unreadable('it is no whole zip file');
    at = Number(bytes.readBigUInt64LE(end64 + 48));
  }
  while (bytes.readUInt32LE(at) === CENTRAL) {
    const nameBytes = bytes.readUInt16LE(at + 28);
    yield {
      name: bytes.toString('utf8', at + 46, at + 46 + nameBytes),
      method: bytes.readUInt16LE(at + 10),
      crc: bytes.readUInt32LE(at + 16),
      packed: bytes.readUInt32LE(at + 20),
      size: bytes.readUInt32LE(at + 24),
      offset: bytes.readUInt32LE(at + 42),
    };
    at += 46 + nameBytes + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
}

function content(bytes: Buffer, { offset, packed, method, size, crc }: ZipEntry): Buffer {
  if (bytes.readUInt32LE(offset) !== LOCAL) throw unreadable('it is no whole zip file');
  const start = offset + 30 + bytes.readUInt16LE(offset + 26) + bytes.readUInt16LE(offset + 28);
  const stored = bytes.subarray(start, start + packed);
  const found = method === DEFLATED ? inflateRawSync(stored, { maxOutputLength: size + 1 }) : stored;
  if (found.length !== size || crc32(found) !== crc) throw unreadable('one of its files is damaged');
  return found;
}

function unreadable(why: string, cause?: unknown): Error {
  return badInput('bundle-unreadable', `The bundle cannot be read: ${why}`, {
    cause,
    hint: 'Use the file as it was exported; a mail program may have changed it',
  });
}
