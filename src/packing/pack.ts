import { lstatSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { EntryStates } from './entry-states.js';
import { FileContent } from './file-content.js';
import { compressed } from './pack-compression.js';
import { PACK_MARK } from './pack-mark.js';
import { changedWhilePacked, unpackable } from './packing-faults.js';
import { requireUnchangedSince } from './second-look.js';
import { BLOCK_BYTES, globalComment, padding, type TarEntry, tarHeader } from './tar-header.js';
import { type FoundEntry, type Objection, walk } from './tree-walk.js';

/** Bytes that are given out at a time. */
const PIECE_BYTES = 512 * 1024;

export interface PackOptions {
  /** gzip, RFC 1952. Not for secrets beside content that somebody else chose: the length then tells of them. */
  compress?: boolean;
  /** Leave out what cannot be read or packed, and list it, instead of failing. */
  skipUnreadable?: boolean;
  signal?: AbortSignal;
  /** Called now and then with the bytes of file contents read so far. */
  onProgress?: (bytes: number) => void;
}

/** What a pack holds; complete when its stream has ended. */
export interface PackSummary {
  files: number;
  folders: number;
  links: number;
  /** Bytes of file contents. */
  bytes: number;
  /** Left out because of `skipUnreadable`: where it is, and why, as the rest of a sentence. */
  skipped: { path: string; why: string }[];
}

export interface Pack {
  /** The bytes, read from disk as they are asked for. */
  stream: AsyncGenerator<Uint8Array, void>;
  summary: Readonly<PackSummary>;
}

/**
 * Files and folders as one tar stream (POSIX.1-2017 pax), the same bytes for the same content: docs/formats.md has
 * its layout. Times, permission bits, symbolic links and empty folders are kept, owners are not; a hard link is
 * packed as a file. Held in memory are one piece, 32 bytes an entry, and the names of links and of what lies in the
 * folders that are open.
 *
 * The stream throws Fault `cannot-pack` (exit 2) for what cannot be read or may not be packed, `input-changed`
 * (exit 3) for what somebody writes to, adds, removes or points elsewhere before its end: it never ends with a file
 * that is an older version of the one on disk.
 *
 * @param paths files and folders, each of another last name
 */
export function pack(paths: readonly string[], options: PackOptions = {}): Pack {
  const summary: PackSummary = { files: 0, folders: 0, links: 0, bytes: 0, skipped: [] };
  const tar = new PackWriter(summary, options).write(paths);
  return { stream: options.compress ? compressed(tar) : tar, summary };
}

class PackWriter {
  readonly #summary: PackSummary;
  readonly #options: PackOptions;
  readonly #states = new EntryStates();
  #piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
  #filled = 0;
  /** Whether a piece was given out since the others had their turn. */
  #handedOver = false;

  constructor(summary: PackSummary, options: PackOptions) {
    this.#summary = summary;
    this.#options = options;
  }

  async *write(paths: readonly string[]): AsyncGenerator<Uint8Array, void> {
    yield* this.#put(globalComment(PACK_MARK));
    for (const found of walk(paths, this.#object)) {
      if (found.type === 'file') {
        const content = this.#open(found);
        // Most files fit into what is left of a piece: without a generator each costs half as much.
        if (content && !this.#whole(content)) yield* this.#parts(content);
      } else yield* this.#put(this.#other(found));
      if (this.#handedOver) await this.#turn();
    }
    await requireUnchangedSince(paths, this.#states, this.#options);
    yield* this.#put(Buffer.alloc(2 * BLOCK_BYTES));
    yield this.#piece.subarray(0, this.#filled);
  }

  readonly #object: Objection = (path, why, cause) => {
    if (!this.#options.skipUnreadable) throw unpackable(path, why, cause);
    this.#summary.skipped.push({ path, why });
  };

  /** Takes a file into the present piece; false where it does not fit, and then nothing was done. */
  #whole(content: FileContent): boolean {
    const { size } = content.entry;
    const header = tarHeader(content.entry);
    const end = this.#filled + header.length + size + padding(size);
    if (end > PIECE_BYTES) return false;
    try {
      this.#piece.set(header, this.#filled);
      const start = this.#filled + header.length;
      content.readInto(this.#piece.subarray(start, start + size));
      this.#piece.fill(0, start + size, end);
      this.#filled = end;
      this.#finish(content);
      return true;
    } finally {
      content.close();
    }
  }

  async *#parts(content: FileContent): AsyncGenerator<Uint8Array, void> {
    try {
      const { size } = content.entry;
      yield* this.#put(tarHeader(content.entry));
      for (let left = size; left > 0; ) {
        if (this.#filled === PIECE_BYTES) {
          yield this.#next();
          await this.#turn();
        }
        const part = this.#piece.subarray(this.#filled, Math.min(PIECE_BYTES, this.#filled + left));
        content.readInto(part);
        this.#filled += part.length;
        left -= part.length;
      }
      yield* this.#put(Buffer.alloc(padding(size)));
      this.#finish(content);
    } finally {
      content.close();
    }
  }

  #finish(content: FileContent): void {
    content.requireUnchanged();
    this.#summary.files += 1;
    this.#summary.bytes += content.entry.size;
  }

  #open(found: FoundEntry): FileContent | null {
    const { path, name } = found;
    try {
      const content = new FileContent(path, name);
      if (content.belies()) {
        content.close();
        this.#object(path, 'says that it is empty, and is not');
        this.#states.leaveOut();
        return null;
      }
      this.#states.add(found, content.before);
      return content;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ELOOP') throw changedWhilePacked(path);
      if (code !== 'EACCES' && code !== 'EPERM' && code !== 'EIO') throw error;
      this.#object(path, 'cannot be read', error);
      this.#states.leaveOut();
      return null;
    }
  }

  #other(found: FoundEntry): Buffer {
    const { type, path, name, target } = found;
    const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    if (!stats || (type === 'link' ? !stats.isSymbolicLink() : !stats.isDirectory()))
      throw changedWhilePacked(path);
    this.#states.add(found, stats);
    const mode = type === 'link' ? 0o777 : Number(stats.mode & 0o777n);
    const entry: TarEntry = { type, name, target, mode, size: 0, mtimeNs: stats.mtimeNs };
    this.#summary[type === 'link' ? 'links' : 'folders'] += 1;
    return tarHeader(entry);
  }

  /** Keys, signals and threads get their turn between pieces. */
  async #turn(): Promise<void> {
    this.#handedOver = false;
    await nextTurn();
    this.#options.signal?.throwIfAborted();
    this.#options.onProgress?.(this.#summary.bytes);
  }

  *#put(bytes: Uint8Array): Generator<Uint8Array> {
    for (let from = 0; from < bytes.length; ) {
      if (this.#filled === PIECE_BYTES) yield this.#next();
      const part = bytes.subarray(from, from + PIECE_BYTES - this.#filled);
      this.#piece.set(part, this.#filled);
      this.#filled += part.length;
      from += part.length;
    }
  }

  /** The full piece; it belongs to whoever reads the stream, so the next one is a new one. */
  #next(): Uint8Array {
    const full = this.#piece;
    this.#piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
    this.#filled = 0;
    this.#handedOver = true;
    return full;
  }
}
