import { existsSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { ByteOutput, Decrypted } from '../crypto/index.js';
import { badInput, ExitCode, Fault, refused } from '../model/index.js';
import { isPack, type UnpackSummary, unpack } from '../packing/index.js';
import type { Session } from '../session/index.js';
import { decryptionKeys, type KeyChoice, type TriedKeys } from './decryption-keys.js';
import { type EncryptedFile, openEncrypted } from './encrypted-file.js';
import { outputPath } from './output-place.js';
import { TemporaryOutput } from './temporary-output.js';
import { sha256OfFile } from './transfer-record.js';

export interface DecryptionRequest {
  /** `-` for standard input. */
  path: string;
  /** File or folder; null for a name beside, in `cwd`; `-` for standard output. */
  output: string | null;
  cwd: string;
  force: boolean;
  /** Extract also a tar file that this program did not make. */
  unpack: boolean;
  /** Leave a pack as the tar file that it is. */
  keepPacked: boolean;
  keys: KeyChoice;
  signal: AbortSignal;
  onProgress?: (bytes: number, total: number | null) => void;
  write: (bytes: Uint8Array) => Promise<void>;
}

export interface DecryptionResult {
  format: string;
  /** What opened it, in words. */
  openedBy: string;
  /** File or folder; null for standard output. */
  output: string | null;
  plaintextBytes: number;
  /** What was extracted; null for a single file. */
  extracted: UnpackSummary | null;
}

/**
 * Decrypts one file, and extracts it where it is a pack. The output appears whole or not at all.
 *
 * @throws Fault as `openEncrypted`, `decryptionKeys`, `unpack`, and what the format throws
 */
export async function decryptTransfer(request: DecryptionRequest): Promise<DecryptionResult> {
  const file = await openEncrypted(request.path);
  try {
    const tried = await decryptionKeys(file.format.id, file.byPassphrase, request.keys, () =>
      digestOf(request.path),
    );
    return await new Decryption(request, file, tried).run();
  } finally {
    await file.close();
  }
}

/** Tells the log that something was opened with a key of the workspace: counts and the format, no name of a file. */
export async function recordDecryption(session: Session, result: DecryptionResult): Promise<void> {
  await session.store.transaction(async (transaction) => {
    await session.recorder.append(transaction, {
      action: 'transfer.decrypt',
      outcome: 'done',
      data: {
        format: result.format,
        plaintext_bytes: result.plaintextBytes,
        files: result.extracted?.files ?? 1,
        opened_by: result.openedBy,
      },
    });
  });
}

async function digestOf(path: string): Promise<string> {
  if (path !== '-') return await sha256OfFile(path);
  throw badInput('needs-file', 'The kept passphrase is found by the file itself, not through a pipe', {
    hint: 'Save it as a file first',
  });
}

/** Bytes that tell whether a plaintext is a pack. */
const PACK_START = 1024;

class Decryption {
  constructor(
    private readonly request: DecryptionRequest,
    private readonly file: EncryptedFile,
    private readonly tried: TriedKeys,
  ) {}

  async run(): Promise<DecryptionResult> {
    const { request } = this;
    if (request.output === '-')
      return this.#result(await this.#decrypt({ kind: 'stream', write: request.write }), null, null);
    const name = this.#plainName();
    if (!request.keepPacked && /\.(?:tar|tar\.gz|tgz)$/i.test(name)) return await this.#intoFolder(name);
    return await this.#intoFile(name);
  }

  /** The file's name without the extension of its format. */
  #plainName(): string {
    const given = this.request.path === '-' ? 'decrypted' : basename(this.request.path);
    const name = given.replace(/\.(?:asc|pem)$/i, '').replace(/\.(?:age|p7m|cms|zip|html?)$/i, '');
    return name === given || name === '' ? `${given}.open` : name;
  }

  async #intoFile(name: string): Promise<DecryptionResult> {
    const { request } = this;
    const path = outputPath(request.output, {
      cwd: request.cwd,
      name,
      force: request.force,
      inputs: request.path === '-' ? [] : [request.path],
    });
    const temporary = new TemporaryOutput(path);
    try {
      const decrypted = await this.#decrypt({ kind: 'file', file: await temporary.open() });
      await temporary.sync();
      await temporary.appear(request.force);
      return this.#result(decrypted, path, null);
    } catch (error) {
      await temporary.discard();
      throw error;
    }
  }

  /** Extracts while it is decrypted, so that the pack itself never lies on disk. */
  async #intoFolder(name: string): Promise<DecryptionResult> {
    const { request } = this;
    const target = folderPath(request, name.replace(/\.(?:tar|tar\.gz|tgz)$/i, ''));
    const pipe = new PlaintextPipe();
    let decrypted: Decrypted | undefined;
    const decrypting = this.#decrypt({ kind: 'stream', write: (bytes) => pipe.write(bytes) }).then(
      (result) => {
        decrypted = result;
        pipe.end();
      },
      (error: unknown) => pipe.fail(error),
    );
    const start = await pipe.peek(PACK_START);
    if (!request.unpack && start.length > 0 && !isPack(start)) {
      pipe.abandon();
      await decrypting;
      throw refused('not-our-pack', 'It holds a tar file that this program did not make', {
        hint: 'Look at it first: --keep-packed writes the tar file as it is; --unpack extracts it as strictly as our own',
      });
    }
    let extracted: UnpackSummary;
    try {
      extracted = await unpack(pipe.read(), target, { signal: request.signal });
    } finally {
      pipe.abandon();
      await decrypting;
    }
    if (decrypted === undefined) throw new Error('unpacked what was not decrypted');
    return this.#result(decrypted, target, extracted);
  }

  async #decrypt(output: ByteOutput): Promise<Decrypted> {
    const { request, file, tried } = this;
    const total = file.input.kind === 'file' ? file.input.size : null;
    try {
      return await file.format.decrypt(file.input, output, tried.keys, {
        signal: request.signal,
        onProgress: (bytes) => request.onProgress?.(bytes, total),
      });
    } catch (error) {
      throw error instanceof Fault && error.code === 'no-key-fits' ? this.#noKeyFits(error) : error;
    }
  }

  #noKeyFits(cause: Fault): Fault {
    const names = [...new Set(this.tried.names)].join(', ');
    const passphrase = this.tried.keys.some(({ kind }) => kind === 'passphrase');
    return new Fault('no-key-fits', ExitCode.refused, `The file does not open: ${names} was tried`, {
      cause,
      hint: passphrase
        ? 'Type the passphrase again, all words in order; if it still fails, have the sender read it out once more'
        : 'Ask the sender for which key it was encrypted, and send yours again: quietus identity show NAME',
    });
  }

  #result(
    { plaintextBytes, openedBy }: Decrypted,
    output: string | null,
    extracted: UnpackSummary | null,
  ): DecryptionResult {
    return {
      format: this.file.format.id,
      openedBy: this.tried.names[openedBy] ?? 'a key',
      output,
      plaintextBytes,
      extracted,
    };
  }
}

/** A folder that is not there yet: the one given, or one in it where it exists. */
function folderPath({ output, cwd }: DecryptionRequest, name: string): string {
  const given = output === null ? join(cwd, name) : resolve(cwd, output);
  const target =
    output !== null && existsSync(given) && statSync(given).isDirectory() ? join(given, name) : given;
  const parent = dirname(target);
  if (!existsSync(parent)) {
    throw badInput('output-folder-missing', 'The folder for the output does not exist', {
      hint: 'Make it first, or give another place with -o',
    });
  }
  return join(realpathSync(parent), basename(target));
}

/** Hands plaintext from who decrypts to who extracts, a piece at a time. */
class PlaintextPipe {
  #pieces: Uint8Array[] = [];
  #ended = false;
  #failure: { error: unknown } | null = null;
  #abandoned = false;
  #wake: (() => void) | null = null;
  #drained: (() => void) | null = null;

  /** Resolves when the piece was taken. */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.#abandoned) throw new Fault('interrupted', ExitCode.interrupted, 'Nobody reads any more');
    this.#pieces.push(Buffer.from(bytes));
    this.#wake?.();
    if (this.#pieces.length > 4) await new Promise<void>((resolve) => (this.#drained = resolve));
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  fail(error: unknown): void {
    this.#failure = { error };
    this.#wake?.();
  }

  /** Lets who writes go on, into nothing. */
  abandon(): void {
    this.#abandoned = true;
    this.#drained?.();
  }

  /** The first bytes, fewer where there are no more, without taking them. @throws what the writer failed with */
  async peek(length: number): Promise<Buffer> {
    for (;;) {
      const start = Buffer.concat(this.#pieces);
      if (start.length >= length || this.#ended) return start.subarray(0, length);
      if (this.#failure !== null) throw this.#failure.error;
      this.#drained?.();
      await this.#more();
    }
  }

  async *read(): AsyncGenerator<Uint8Array, void> {
    for (;;) {
      const piece = this.#pieces.shift();
      if (piece !== undefined) {
        this.#drained?.();
        yield piece;
        continue;
      }
      if (this.#failure !== null) throw this.#failure.error;
      if (this.#ended) return;
      await this.#more();
    }
  }

  #more(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve));
  }
}
