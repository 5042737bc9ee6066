import type { Writable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { type Extract, extract, type Header } from 'tar-stream';
import { Fault } from '../model/index.js';
import type { ExtractedTree } from './extracted-tree.js';
import { isGzip } from './pack-mark.js';
import { brokenPack, tooLarge, unsafeEntry } from './packing-faults.js';

const DEFAULT_ENTRIES = 1_000_000;
/** gzip makes at most 1,032 bytes out of one; texts and tables stay below 50. */
const DEFAULT_RATIO = 200;
/** The ratio counts from here on: small packs may be mostly padding. */
const RATIO_FREE_BYTES = 64 * 1024 * 1024;

export interface UnpackOptions {
  /** Most entries; 1,000,000 unless told. */
  maxEntries?: number | undefined;
  /** Most bytes of all files together; never more than what is free on the disk. */
  maxBytes?: number | undefined;
  /** Most bytes out of one compressed byte, after the first 64 MiB; 200 unless told. */
  maxRatio?: number | undefined;
  signal?: AbortSignal;
  /** Called now and then with the bytes of file contents written so far. */
  onProgress?: (bytes: number) => void;
}

export interface UnpackSummary {
  files: number;
  folders: number;
  links: number;
  /** Bytes of file contents. */
  bytes: number;
}

/** Reads a tar stream, compressed with gzip or not, into a tree, within the limits. */
export class Extraction {
  readonly summary: UnpackSummary = { files: 0, folders: 0, links: 0, bytes: 0 };
  readonly #tree: ExtractedTree;
  readonly #options: UnpackOptions;
  readonly #room: number;
  #failure: unknown = null;
  #entries = 0;

  /** @param room bytes that may be written to the disk */
  constructor(tree: ExtractedTree, options: UnpackOptions, room: number) {
    this.#tree = tree;
    this.#options = options;
    this.#room = room;
  }

  async run(stream: AsyncIterable<Uint8Array>): Promise<void> {
    const tar = extract();
    let failure: unknown = null;
    const feeding = this.#feed(stream, tar).catch((error: unknown) => {
      failure = error;
      tar.destroy();
    });
    try {
      for await (const entry of tar) {
        this.#options.signal?.throwIfAborted();
        await this.#entry(entry.header, entry as AsyncIterable<Uint8Array>);
        // What an entry without content says it holds is passed over.
        entry.resume();
        this.#options.onProgress?.(this.summary.bytes);
      }
    } catch (error) {
      failure ??= error;
    }
    tar.destroy();
    await feeding;
    // What the source said comes first: its end is what the reader of the tar complains of.
    if (this.#failure) throw this.#failure;
    if (failure)
      throw expected(failure) ? failure : brokenPack('it is no tar file, or it is cut off', failure);
    if (this.#entries === 0) throw brokenPack('there is nothing in it');
  }

  async #feed(stream: AsyncIterable<Uint8Array>, tar: Extract): Promise<void> {
    for await (const piece of this.#plain(this.#watched(stream))) {
      if (tar.destroyed) return;
      await accepted(tar, piece);
    }
    tar.end(null);
  }

  async *#plain(source: AsyncGenerator<Uint8Array, void>): AsyncGenerator<Uint8Array, void> {
    const first = await source.next();
    const read = { bytes: 0 };
    async function* all() {
      if (!first.done) {
        read.bytes += first.value.length;
        yield first.value;
      }
      for await (const piece of source) {
        read.bytes += piece.length;
        yield piece;
      }
    }
    if (first.done || !isGzip(first.value)) yield* all();
    else yield* this.#bounded(all, read);
  }

  /** Remembers why the source failed. */
  async *#watched(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
    try {
      for await (const piece of stream) if (piece.length > 0) yield piece;
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }

  async *#bounded(
    compressed: () => AsyncGenerator<Uint8Array>,
    read: { bytes: number },
  ): AsyncGenerator<Uint8Array, void> {
    const ratio = this.#options.maxRatio ?? DEFAULT_RATIO;
    const gunzip = createGunzip();
    const feeding = (async () => {
      for await (const piece of compressed()) {
        if (gunzip.destroyed) return;
        // Some programs fill up with zeros behind the end. They are read, too: what cannot be read must not appear.
        if (!gunzip.readableEnded) await accepted(gunzip, piece);
      }
      gunzip.end();
    })().catch((error: Error) => {
      gunzip.destroy(error);
    });
    let bytes = 0;
    for await (const piece of gunzip as AsyncIterable<Buffer>) {
      bytes += piece.length;
      if (bytes > RATIO_FREE_BYTES && bytes > ratio * read.bytes) {
        throw tooLarge(
          `it grows to more than ${ratio} times its compressed size`,
          'If you expected that, allow more with --max-ratio',
        );
      }
      yield piece;
    }
    await feeding;
  }

  async #entry(header: Header, content: AsyncIterable<Uint8Array>): Promise<void> {
    this.#entries += 1;
    this.#requireFew(this.#entries);
    const name = header.name.replace(/^(?:\.\/)+/, '').replace(/\/$/, '');
    const facts = { name, mode: header.mode ?? 0o600, mtime: mtimeOf(header) };
    const pax = paxOf(header);
    const sparse = Object.keys(pax).find((key) => key.startsWith('GNU.sparse.'));
    if (sparse) throw unsafeEntry(name, 'is stored in a form of GNU tar that is not read here (--sparse)');
    switch (header.type) {
      case 'file':
      case 'contiguous-file':
        await this.#file(facts, header.size ?? 0, content);
        break;
      case 'directory':
        // The folder that everything is in, as `tar -c .` names it.
        if (name === '' || name === '.') return;
        this.#tree.addFolder(facts);
        this.summary.folders += 1;
        break;
      case 'symlink':
        this.#tree.addLink(facts, header.linkname ?? '');
        this.summary.links += 1;
        break;
      case 'link':
        this.#tree.addHardLink(name, (header.linkname ?? '').replace(/^(?:\.\/)+/, ''));
        this.summary.files += 1;
        break;
      default:
        throw unsafeEntry(name, 'is a device, a pipe, or of a kind that is not known');
    }
    // One name may stand for two thousand folders that no entry names.
    this.#requireFew(this.#tree.count);
  }

  #requireFew(entries: number): void {
    const limit = this.#options.maxEntries ?? DEFAULT_ENTRIES;
    if (entries <= limit) return;
    throw tooLarge(
      `it has more than ${limit} entries`,
      'If you expected that, allow more with --max-entries',
    );
  }

  async #file(
    facts: { name: string; mode: number; mtime: number },
    size: number,
    content: AsyncIterable<Uint8Array>,
  ): Promise<void> {
    const { maxBytes = Number.POSITIVE_INFINITY } = this.#options;
    const bytes = this.summary.bytes + size;
    if (bytes > maxBytes)
      throw tooLarge(
        `its files have more than ${maxBytes} bytes`,
        'If you expected that, allow more with --max-bytes',
      );
    if (bytes > this.#room)
      throw tooLarge(
        `its files have more than the ${this.#room} bytes that the disk has room for`,
        'Make room on the disk, or extract it on another one with -o',
      );
    await this.#tree.addFile(facts, content);
    this.summary.files += 1;
    this.summary.bytes += size;
  }
}

/** Resolves when a stream wants more, or will never want anything again. */
function accepted(stream: Writable | Extract, piece: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    if (stream.write(piece)) {
      resolve();
      return;
    }
    const events = ['drain', 'end', 'close'] as const;
    const done = () => {
      for (const event of events) (stream as Writable).off(event, done);
      resolve();
    };
    for (const event of events) (stream as Writable).on(event, done);
  });
}

/** Records of the pax header before an entry. */
function paxOf(header: Header): Readonly<Record<string, string>> {
  return (header.pax ?? {}) as Record<string, string>;
}

/**
 * Seconds since 1970, with their fraction where the pack has it.
 *
 * @throws Fault `pack-damaged` for what no system takes for a time
 */
function mtimeOf(header: Header): number {
  const exact = Number(paxOf(header).mtime ?? Number.NaN);
  const seconds = Number.isFinite(exact) ? exact : (header.mtime?.getTime() ?? 0) / 1000;
  if (!Number.isSafeInteger(Math.trunc(seconds))) throw brokenPack('the time of an entry is none');
  return seconds;
}

function expected(error: unknown): boolean {
  if (error instanceof Fault) return true;
  // Of the file system, or an abort; what the reader of the tar throws has no code.
  const { code, name } = error as NodeJS.ErrnoException;
  return (code !== undefined && /^E[A-Z]+$/.test(code)) || name === 'AbortError';
}
