import { basename, dirname } from 'node:path';
import { type ByteOutput, type Decrypted, type OutputChoice, passphraseAdvice } from '../crypto/index.js';
import { badInput, ExitCode, Fault, refused } from '../model/index.js';
import { isGzip, isPack, type UnpackOptions, type UnpackSummary } from '../packing/index.js';
import type { Session } from '../session/index.js';
import { removeUnfinished } from '../workspace/index.js';
import { filesRead, requireOutsideOfInputs } from './companion-places.js';
import { decryptionKeys, type KeyChoice, type TriedKeys } from './decryption-keys.js';
import { type DecryptionPlace, filePlace, folderPath, folderPlace } from './decryption-place.js';
import { type EncryptedFile, openEncrypted } from './encrypted-file.js';
import { outputPath } from './output-place.js';
import { sha256OfFile } from './transfer-record.js';
import { inWords } from './wanted-key.js';

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
  /** What a pack may have, where that is not the default. */
  limits: Pick<UnpackOptions, 'maxEntries' | 'maxBytes' | 'maxRatio'>;
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
  /** Unfinished plaintext that killed processes had left in the same folder, and that was removed. */
  unfinishedRemoved: number;
}

/**
 * Decrypts one file, and extracts it where it is a pack. The output appears whole or not at all.
 *
 * @throws Fault as `openEncrypted`, `decryptionKeys`, `unpack`, and what the format throws
 */
export async function decryptTransfer(request: DecryptionRequest): Promise<DecryptionResult> {
  const file = await openEncrypted(request.path);
  try {
    const tried = await decryptionKeys(file.wanted, request.keys, () => digestOf(request.path));
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

class Decryption {
  #removed = 0;

  constructor(
    private readonly request: DecryptionRequest,
    private readonly file: EncryptedFile,
    private readonly tried: TriedKeys,
  ) {}

  async run(): Promise<DecryptionResult> {
    const { request } = this;
    if (request.output === '-') return await this.#intoPipe();
    let place: DecryptionPlace | undefined;
    try {
      const decrypted = await this.#decrypt(async (start) => {
        place = await this.#placeFor(start);
        return place.output;
      });
      if (place === undefined) throw new Error('decrypted to nowhere');
      const extracted = await place.finish();
      return this.#result(decrypted, place.path, extracted);
    } catch (error) {
      throw place === undefined ? error : await place.discard(error);
    }
  }

  /** A pipe cannot take back what it was given: what comes before the damage is authentic, but not all there is. */
  async #intoPipe(): Promise<DecryptionResult> {
    requireOutsideOfInputs(process.stdout.fd, filesRead([this.request.path]));
    let given = 0;
    const write = async (bytes: Uint8Array): Promise<void> => {
      given += bytes.length;
      await this.request.write(bytes);
    };
    try {
      return this.#result(await this.#decrypt({ kind: 'stream', write }), null, null);
    } catch (error) {
      if (!(error instanceof Fault) || error.code !== 'ciphertext-damaged' || given === 0) throw error;
      throw new Fault(error.code, error.exitCode, error.message, {
        cause: error,
        hint: `The ${given} bytes that came out before are authentic, but the rest is missing: discard them, and ask the sender for the file again`,
      });
    }
  }

  /** The file's name without the extension of its format. */
  #plainName(): string {
    const given = this.request.path === '-' ? 'decrypted' : basename(this.request.path);
    const name = given.replace(/\.(?:asc|pem)$/i, '').replace(/\.(?:age|p7m|cms|zip|html?)$/i, '');
    return name === given || name === '' ? `${given}.open` : name;
  }

  /** By what the plaintext is, whatever the file is called. */
  async #placeFor(start: Uint8Array): Promise<DecryptionPlace> {
    const { request } = this;
    const name = this.#plainName();
    const tar = /\.(?:tar|tar\.gz|tgz)$/i;
    const ours = isPack(start);
    if (!request.keepPacked && (ours || request.unpack)) {
      const path = folderPath(request, name.replace(tar, ''));
      await this.#clear(dirname(path));
      return folderPlace(path, { ...request.limits, signal: request.signal });
    }
    if (!request.keepPacked && tar.test(name)) {
      throw refused('not-our-pack', 'It holds a tar file that this program did not make', {
        hint: 'Look at it first: --keep-packed writes the tar file as it is; --unpack extracts it as strictly as our own',
      });
    }
    const path = outputPath(request.output, {
      cwd: request.cwd,
      name: ours && !tar.test(name) ? `${name}${isGzip(start) ? '.tar.gz' : '.tar'}` : name,
      force: request.force,
      inputs: filesRead([request.path]),
    });
    await this.#clear(dirname(path));
    return await filePlace(path, request.force);
  }

  async #clear(folder: string): Promise<void> {
    this.#removed += await removeUnfinished(folder);
  }

  async #decrypt(output: ByteOutput | OutputChoice): Promise<Decrypted> {
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
    const { byPassphrase, kinds } = this.file.wanted;
    const wants = byPassphrase ? '' : `it wants ${inWords(kinds)}, and `;
    return new Fault('no-key-fits', ExitCode.refused, `The file does not open: ${wants}${names} was tried`, {
      cause,
      hint: this.#otherKeys(),
    });
  }

  #otherKeys(): string {
    const { keys, untried } = this.tried;
    const [passphrase] = keys.flatMap((key) => (key.kind === 'passphrase' ? [key.passphrase] : []));
    if (passphrase !== undefined) {
      return passphraseAdvice(
        passphrase,
        'Type the passphrase again, all words in order; if it still fails, have the sender read it out once more',
      );
    }
    const ask =
      'Ask the sender for which key it was encrypted, and send yours again: quietus identity show NAME';
    return untried.length === 0 ? ask : `Try --as with another of yours: ${untried.join(', ')}. ${ask}`;
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
      unfinishedRemoved: this.#removed,
    };
  }
}
