import { createHash, randomBytes } from 'node:crypto';
import { type FileHandle, open, readdir, readFile, rename, rm, unlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { sha256 } from '../crypto/index.js';
import { refused, verificationFailed } from '../model/index.js';
import type { LogSegment, Store } from '../store/index.js';
import { readableMode, syncFolder, writeFileAtomically } from '../workspace/index.js';
import { PACK } from './log-pack.js';

const STEP = 1 << 20;
const TEMPORARY = /^\.log-\d+-\d+\.(?:jsonl\.gz|manifest)\.[0-9a-f]{8}\.tmp$/;
const [compress, expand] = [promisify(gzip), promisify(gunzip)];

/** A file that was written and read back. */
export interface WrittenSegment extends Omit<LogSegment, 'manifestSha256'> {
  /** SHA-256, hex: of what `zcat` makes of it, of the entry before the first, and of the last. */
  contentSha256: string;
  prev: string;
  head: string;
}

/** Name of the file of a part of the log. */
function segmentName(first: number, last: number): string {
  return `log-${String(first).padStart(12, '0')}-${String(last).padStart(12, '0')}.jsonl.gz`;
}

/**
 * Writes a part of the log into a file of JSON lines, in gzip members (RFC 1952) of a few thousand entries each, so that one
 * entry is found without reading all: to a temporary name, flushed, read back and compared, then renamed.
 *
 * @throws Fault `log-broken` (exit 5) where an entry does not match its hash or does not follow from the one before;
 *   `log-segment-unreadable` (exit 5) where what was written does not come back; `segment-left` (exit 4)
 */
export async function writeSegment(
  store: Store,
  folder: string,
  { first, last }: { first: number; last: number },
  options: { signal?: AbortSignal; onProgress?: (entries: number) => void } = {},
): Promise<WrittenSegment> {
  const name = segmentName(first, last);
  const temporary = join(folder, `.${name}.${randomBytes(4).toString('hex')}.tmp`);
  const file = await open(temporary, 'wx+', readableMode(folder));
  try {
    const written = await writeBlocks(store, file, { first, last }, options);
    await file.sync();
    await requireReadable(file, written, name);
    await takeName(temporary, join(folder, name));
    await syncFolder(folder);
    return { ...written, first, last, file: name };
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

/** Writes the manifest beside a segment. @throws Fault `segment-left` (exit 4) */
export async function writeManifest(folder: string, name: string, manifest: string): Promise<void> {
  const path = join(folder, name);
  try {
    await writeFileAtomically(path, manifest, { mode: readableMode(folder) });
  } catch (error) {
    if (!isOfSomebodyElse(error) || (await readFile(path, 'utf8')) !== manifest) throw leftIn(path, error);
  }
}

/**
 * Gives a file its name. In a workspace of a group nobody can replace another member's file: one that a member's archiving left
 * when it was cut off is kept where it is the same, byte for byte.
 */
async function takeName(temporary: string, path: string): Promise<void> {
  try {
    await rename(temporary, path);
  } catch (error) {
    const [ours, theirs] = [await fileDigest(temporary), isOfSomebodyElse(error) && (await fileDigest(path))];
    if (!theirs || ours?.sha256 !== theirs.sha256) throw leftIn(path, error);
    await rm(temporary);
  }
}

function isOfSomebodyElse(error: unknown): boolean {
  return ['EPERM', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '');
}

function leftIn(path: string, cause: unknown): unknown {
  if (!isOfSomebodyElse(cause)) return cause;
  return refused('segment-left', `Another account's log archive was cut off and left ${basename(path)}`, {
    cause,
    hint: `Nothing was taken out of the database. Ask the owner of the file to archive the log, or root to remove it: ${path}`,
  });
}

type Blocks = Omit<WrittenSegment, 'first' | 'last' | 'file'>;

async function writeBlocks(
  store: Store,
  file: FileHandle,
  { first, last }: { first: number; last: number },
  { signal, onProgress }: { signal?: AbortSignal; onProgress?: (entries: number) => void },
): Promise<Blocks> {
  const [whole, content] = [createHash('sha256'), createHash('sha256')];
  const blocks: [number, number][] = [];
  const prev = await hashBefore(store, first);
  let [head, bytes] = [prev, 0];
  for (let at = first; at <= last; ) {
    signal?.throwIfAborted();
    // Blocks end where the stretches of `log verify` end.
    const end = Math.min(last, at + PACK - 1 - ((at - 1) % PACK));
    const records = await store.log.page(at - 1, end - at + 1);
    let text = '';
    for (const [place, { seq, entry, hash }] of records.entries()) {
      const follows = seq === at + place && sha256(entry) === hash && entry.includes(`"prev":"${head}"`);
      if (!follows) throw broken(at + place);
      text += `${entry}\n`;
      head = hash;
    }
    if (records.length !== end - at + 1) throw broken(at + records.length);
    const packed = await compress(Buffer.from(text, 'utf8'));
    await file.write(packed, 0, packed.length, bytes);
    blocks.push([at, bytes]);
    bytes += packed.length;
    whole.update(packed);
    content.update(text);
    at = end + 1;
    onProgress?.(end - first + 1);
  }
  return { blocks, bytes, prev, head, sha256: whole.digest('hex'), contentSha256: content.digest('hex') };
}

async function hashBefore(store: Store, first: number): Promise<string> {
  if (first === 1) return '0'.repeat(64);
  const hash = (await store.log.hashes([first - 1])).get(first - 1);
  if (hash === undefined) throw broken(first - 1);
  return hash;
}

/** What was written is read back block by block, and compared with what was meant to be written. */
async function requireReadable(file: FileHandle, written: Blocks, name: string): Promise<void> {
  const content = createHash('sha256');
  for (const [index, [, offset]] of written.blocks.entries()) {
    const end = written.blocks[index + 1]?.[1] ?? written.bytes;
    const packed = Buffer.alloc(end - offset);
    await file.read(packed, 0, packed.length, offset);
    content.update(await expand(packed).catch(() => ''));
  }
  if (content.digest('hex') === written.contentSha256) return;
  throw verificationFailed('log-segment-unreadable', `What was written to ${name} did not come back`, {
    hint: 'Nothing was taken out of the database. Check the disk',
  });
}

function broken(seq: number): Error {
  return verificationFailed(
    'log-broken',
    `Entry ${seq} of the log is missing or was changed; nothing was archived`,
    {
      hint: 'Keep the workspace as it is, and run: quietus log verify',
      details: { seq },
    },
  );
}

/** SHA-256, hex, and size of a file. @returns null where it is not there */
export async function fileDigest(path: string): Promise<{ sha256: string; bytes: number } | null> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (file === null) return null;
  try {
    const digest = createHash('sha256');
    const part = Buffer.allocUnsafe(STEP);
    let bytes = 0;
    for (;;) {
      const { bytesRead } = await file.read(part, 0, STEP, bytes);
      if (bytesRead === 0) return { sha256: digest.digest('hex'), bytes };
      digest.update(part.subarray(0, bytesRead));
      bytes += bytesRead;
    }
  } finally {
    await file.close();
  }
}

/** Removes what a crash left half written. Only under the run lock. That of another member of the group is in nobody's way. */
export async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!TEMPORARY.test(name)) continue;
    // `rm` takes a file that it may not remove for a folder.
    await unlink(join(folder, name)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT' && !isOfSomebodyElse(error)) throw error;
    });
  }
}
