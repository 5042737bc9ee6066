import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { badInput, type Fault } from '../model/index.js';

/** Where a table comes from: a file, or a stream such as standard input. */
export type TableInput = { path: string } | { stream: AsyncIterable<Uint8Array> };

const PIECE_BYTES = 262_144;

/** The bytes of one input, once from beginning to end, with their digest. */
export interface ByteSource {
  /** Bytes in all; null where nobody knows. */
  size: number | null;
  pieces(): AsyncGenerator<Buffer>;
  /** SHA-256, hex, of all bytes; asked at the end. */
  sha256(): string;
  close(): Promise<void>;
}

/** @throws Fault `csv-missing`, `csv-folder`, `csv-unreadable`, `csv-empty`; while reading, `csv-changed` */
export async function openBytes(input: TableInput): Promise<ByteSource> {
  return 'path' in input ? openFile(input.path) : openStream(input.stream);
}

async function openFile(path: string): Promise<ByteSource> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) =>
    Promise.reject(unreadable(path, error)),
  );
  try {
    const before = await file.stat();
    if (before.isDirectory()) throw isFolder(path);
    if (!before.isFile()) return { ...openStream(file.createReadStream()), close: () => file.close() };
    if (before.size === 0) throw empty();
    const hash = createHash('sha256');
    return {
      size: before.size,
      async *pieces() {
        let read = 0;
        for await (const piece of filePieces(file, before.size)) {
          read += piece.length;
          hash.update(piece);
          yield piece;
        }
        const after = await file.stat();
        if (read !== before.size || after.size !== before.size || after.mtimeMs !== before.mtimeMs)
          throw changed();
      },
      sha256: () => hash.digest('hex'),
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function* filePieces(file: FileHandle, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < size; ) {
    const length = Math.min(PIECE_BYTES, size - at);
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(length), 0, length, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

function openStream(stream: AsyncIterable<Uint8Array>): ByteSource {
  const hash = createHash('sha256');
  return {
    size: null,
    async *pieces() {
      let read = 0;
      // Pieces of a pipe may be smaller than the header line.
      let waiting: Uint8Array[] = [];
      let bytes = 0;
      for await (const piece of stream) {
        read += piece.length;
        bytes += piece.length;
        hash.update(piece);
        waiting.push(piece);
        if (bytes < PIECE_BYTES) continue;
        yield Buffer.concat(waiting);
        waiting = [];
        bytes = 0;
      }
      if (read === 0) throw empty();
      if (bytes > 0) yield Buffer.concat(waiting);
    },
    sha256: () => hash.digest('hex'),
    async close() {},
  };
}

function unreadable(path: string, error: NodeJS.ErrnoException): Fault {
  if (error.code === 'ENOENT') {
    return badInput('csv-missing', `There is no file ${path}`, { hint: 'Check the path', cause: error });
  }
  if (error.code === 'EISDIR') return isFolder(path);
  return badInput('csv-unreadable', `The file ${path} cannot be read (${error.code ?? 'unknown'})`, {
    hint: 'Check that your account may read it',
    cause: error,
  });
}

function isFolder(path: string): Fault {
  return badInput('csv-folder', `${path} is a folder`, { hint: 'Give the path of a CSV file' });
}

/** An empty read never passes for an inventory without items. */
function empty(): Fault {
  return badInput('csv-empty', 'The file is empty', { hint: 'Check the program that wrote it' });
}

function changed(): Fault {
  return badInput('csv-changed', 'The file changed while it was being read; nothing was imported', {
    hint: 'Import it again when the program that writes it has finished',
  });
}
