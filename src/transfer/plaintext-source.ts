import { fstatSync, lstatSync, realpathSync, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { createGzip } from 'node:zlib';
import type { ByteInput } from '../crypto/index.js';
import { badInput, ExitCode, Fault } from '../model/index.js';
import { type PackSummary, pack } from '../packing/index.js';
import { innerExtension } from './output-place.js';

export interface Contents {
  /** Files inside; null where nobody knows. */
  files: number | null;
  /** How many were left out. */
  leftOut: number;
  /** Which ones, as far as that is known. */
  skipped: PackSummary['skipped'];
}

/** What is to be encrypted, opened. */
export interface PlaintextSource {
  input: ByteInput;
  /** Bytes of plaintext; null where it is not known beforehand. */
  size: number | null;
  /** Extension for the neutral name. */
  extension: string;
  /** Whether it is a pack: names, times and modes are inside. */
  packed: boolean;
  compressed: boolean;
  /** What it holds; complete when all was read. */
  contents(): Contents;
  /** Says that nothing was written to it meanwhile. @throws Fault `input-changed` */
  requireUnchanged(): Promise<void>;
  close(): Promise<void>;
}

export interface SourceOptions {
  /** Pack a single file, too, so that its name and times go along. */
  pack: boolean;
  compress: boolean;
  skipUnreadable: boolean;
  signal?: AbortSignal;
  onProgress?: (bytes: number) => void;
}

/**
 * Opens what a person named: one file as it is, several or folders as one pack, `-` as standard input.
 *
 * @param paths at least one
 * @throws Fault `input-missing`, `input-special`, `input-mixed`, `input-terminal` (exit 2)
 */
export async function openSource(paths: readonly string[], options: SourceOptions): Promise<PlaintextSource> {
  if (paths.includes('-')) return standardInput(paths, options);
  for (const path of paths) requireThere(path);
  const [only] = paths;
  if (only === undefined || paths.length > 1 || options.pack || statSync(only).isDirectory()) {
    return packOf(paths, options);
  }
  const status = statSync(only);
  if (status.isFile()) return await singleFile(only, options);
  if (status.isFIFO()) return streamed(await open(only, 'r'), options);
  throw badInput('input-special', 'A device or a socket is no file that can be encrypted', {
    hint: 'Read it with another program, and give - for standard input',
  });
}

function requireThere(path: string): void {
  try {
    lstatSync(path);
    statSync(path);
  } catch (error) {
    throw badInput('input-missing', `"${path}" does not exist or cannot be read`, {
      cause: error,
      hint: 'Check the spelling; nothing was written',
      details: { reason: (error as NodeJS.ErrnoException).code },
    });
  }
}

function standardInput(paths: readonly string[], options: SourceOptions): PlaintextSource {
  if (paths.length > 1) {
    throw badInput('input-mixed', 'Standard input cannot be encrypted together with files', {
      hint: 'Give - alone',
    });
  }
  if (process.stdin.isTTY === true) {
    throw badInput('input-terminal', 'Standard input is the terminal', {
      hint: 'Pipe something into it, or give a file',
    });
  }
  // Node gives nothing for it, and no error: an empty file would be encrypted.
  if (fstatSync(process.stdin.fd).isDirectory()) {
    throw badInput('input-special', 'Standard input is a folder', {
      hint: 'Name the folder instead of -: it is packed then',
    });
  }
  return source(limited(process.stdin, options), options, '');
}

function streamed(file: FileHandle, options: SourceOptions): PlaintextSource {
  const stream = file.createReadStream({ autoClose: false });
  return { ...source(limited(stream, options), options, ''), close: () => file.close() };
}

function source(
  stream: AsyncIterable<Uint8Array>,
  { compress }: SourceOptions,
  extension: string,
): PlaintextSource {
  return {
    input: { kind: 'stream', stream: compress ? zipped(stream) : stream },
    size: null,
    extension: compress ? `${extension}.gz` : extension,
    packed: false,
    compressed: compress,
    contents: () => ({ files: 1, leftOut: 0, skipped: [] }),
    requireUnchanged: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

async function* limited(
  stream: AsyncIterable<unknown>,
  { signal }: SourceOptions,
): AsyncGenerator<Uint8Array> {
  for await (const piece of stream) {
    signal?.throwIfAborted();
    yield piece as Buffer;
  }
}

async function* zipped(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { pipeline } = await import('node:stream/promises');
  const gzip = createGzip();
  const feeding = pipeline(stream, gzip);
  // A failure comes out of the stream, too, where somebody waits for it.
  feeding.catch(() => undefined);
  for await (const piece of gzip) yield piece as Buffer;
  await feeding;
}

async function singleFile(path: string, options: SourceOptions): Promise<PlaintextSource> {
  const file = await openReadable(path);
  const before = await stateOf(file);
  const { size } = await file.stat();
  if (size === 0 && (await file.read(Buffer.alloc(1), 0, 1, 0)).bytesRead > 0) {
    await file.close();
    throw badInput('input-special', 'The file says that it is empty, and is not, as files of the kernel do', {
      hint: 'Read it with another program, and give - for standard input',
    });
  }
  const extension = innerExtension(realpathSync(path));
  const content = options.compress
    ? source(limited(file.createReadStream({ autoClose: false }), options), options, extension)
    : { ...source(empty(), options, extension), input: { kind: 'file', file, size } as const, size };
  return {
    ...content,
    requireUnchanged: async () => {
      if ((await stateOf(file)) !== before) throw inputChanged();
    },
    close: () => file.close(),
  };
}

async function* empty(): AsyncGenerator<Uint8Array> {}

async function openReadable(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (error) {
    throw badInput('input-unreadable', 'The file cannot be read', {
      cause: error,
      hint: 'Check that your account may read it; nothing was written',
      details: { reason: (error as NodeJS.ErrnoException).code },
    });
  }
}

/** What changes when somebody writes to a file. */
async function stateOf(file: FileHandle): Promise<string> {
  const { mtimeNs, ctimeNs, size } = await file.stat({ bigint: true });
  return `${mtimeNs} ${ctimeNs} ${size}`;
}

function inputChanged(): Fault {
  return new Fault(
    'input-changed',
    ExitCode.partial,
    'The file changed while it was read; nothing was kept',
    {
      hint: 'Close the program that writes to it and try again',
    },
  );
}

function packOf(paths: readonly string[], options: SourceOptions): PlaintextSource {
  const { compress, skipUnreadable, signal, onProgress } = options;
  const { stream, summary } = pack(paths, {
    compress,
    skipUnreadable,
    ...(signal && { signal }),
    ...(onProgress && { onProgress }),
  });
  return {
    ...source(stream, { ...options, compress: false }, compress ? '.tar.gz' : '.tar'),
    packed: true,
    compressed: compress,
    contents: () => ({
      files: summary.files,
      leftOut: summary.skipped.length,
      skipped: summary.skipped,
    }),
  };
}
