import { createHash, randomBytes } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { Fault } from '../../model/index.js';
import { ByteSink, inputChanged, stateOf } from '../byte-flow.js';
import type {
  ByteInput,
  ByteOutput,
  CipherOptions,
  Encrypted,
  EncryptionKey,
  EncryptOptions,
} from '../encryption-format.js';
import { notAsWritten } from './age-faults.js';
import { ArmorWriter, readArmor } from './armor.js';
import { ByteReader } from './byte-reader.js';
import { PAYLOAD_NONCE_BYTES, payloadKey } from './chunk.js';
import { hashFile } from './file-hash.js';
import { wrapFileKey } from './file-key.js';
import {
  openPayload,
  type PayloadDone,
  type PayloadSource,
  type PayloadTarget,
  sealPayload,
} from './payload.js';
import { forgetKeys, type PayloadKeys, withDigests } from './payload-keys.js';

/** Encrypts as `EncryptionFormat.encrypt` says. */
export async function encryptAge(
  input: ByteInput,
  output: ByteOutput,
  keys: readonly EncryptionKey[],
  options: EncryptOptions = {},
): Promise<Encrypted> {
  const { header, fileKey } = await wrapFileKey(keys);
  const nonce = randomBytes(PAYLOAD_NONCE_BYTES);
  const secrets = withDigests(payloadKey(fileKey, nonce));
  fileKey.fill(0);
  const prefix = Buffer.concat([header, nonce]);
  try {
    const unchanged = input.kind === 'file' ? await watch(input.file, input.size) : null;
    const { done, ciphertextBytes } = await write(input, output, { secrets, prefix, options });
    await unchanged?.();
    return new AgeProof({ secrets, prefix, armor: options.armor === true, ciphertextBytes }, done);
  } catch (error) {
    forgetKeys(secrets);
    throw error;
  }
}

async function write(
  input: ByteInput,
  output: ByteOutput,
  { secrets, prefix, options }: { secrets: PayloadKeys; prefix: Buffer; options: EncryptOptions },
): Promise<{ done: PayloadDone; ciphertextBytes: number }> {
  const source: PayloadSource =
    input.kind === 'file'
      ? { fd: input.file.fd, position: 0, length: input.size }
      : { reader: new ByteReader(input.stream) };
  const sink = new ByteSink(output);
  const armor = options.armor ? new ArmorWriter(sink) : null;
  const target: PayloadTarget =
    armor ?? (output.kind === 'file' ? { fd: output.file.fd, position: prefix.length } : sink);
  try {
    await (armor ?? sink).write(prefix);
    if (!armor) await sink.flush();
    const done = await sealPayload(secrets, source, target, options);
    await armor?.end();
    await sink.flush();
    return { done, ciphertextBytes: armor ? sink.bytes : prefix.length + done.payloadBytes };
  } finally {
    if ('reader' in source) await source.reader.close();
  }
}

/** @returns what to call after the last read: it throws Fault `input-changed` where somebody wrote to the file meanwhile */
async function watch(file: FileHandle, size: number): Promise<() => Promise<void>> {
  const before = await stateOf(file);
  if (!before.endsWith(` ${size}`)) throw inputChanged();
  return async () => {
    if ((await stateOf(file)) !== before) throw inputChanged();
  };
}

interface Written {
  secrets: PayloadKeys;
  /** Header and payload nonce. */
  prefix: Buffer;
  armor: boolean;
  ciphertextBytes: number;
}

class AgeProof implements Encrypted {
  readonly plaintextBytes: number;
  readonly ciphertextBytes: number;
  readonly #written: Written;
  readonly #done: PayloadDone;
  #forgotten = false;

  constructor(written: Written, done: PayloadDone) {
    this.plaintextBytes = done.plaintextBytes;
    this.ciphertextBytes = written.ciphertextBytes;
    this.#written = written;
    this.#done = done;
  }

  async prove(input: ByteInput, options: CipherOptions = {}): Promise<{ ciphertextSha256: string }> {
    if (this.#forgotten) throw new Error('The key of the file was forgotten before it was proved');
    if (input.kind === 'file') {
      const { size } = await input.file.stat();
      if (size !== this.ciphertextBytes || input.size !== size) throw notAsWritten('its length is another');
    }
    let result: { done: PayloadDone; ciphertextSha256: string };
    try {
      result =
        input.kind === 'file' && !this.#written.armor
          ? await this.#openFile(input, options)
          : await this.#openStream(ByteReader.of(input), options);
    } catch (error) {
      if (!(error instanceof Fault) || error.code !== 'ciphertext-damaged') throw error;
      throw notAsWritten('it cannot be opened any more');
    }
    if (result.done.plaintextDigest !== this.#done.plaintextDigest) {
      throw notAsWritten('its content is not what went in');
    }
    return { ciphertextSha256: result.ciphertextSha256 };
  }

  forget(): void {
    forgetKeys(this.#written.secrets);
    this.#forgotten = true;
  }

  /** The digest of the ciphertext is made here, while threads open the payload. */
  async #openFile(
    input: Extract<ByteInput, { kind: 'file' }>,
    options: CipherOptions,
  ): Promise<{ done: PayloadDone; ciphertextSha256: string }> {
    const { prefix, secrets, ciphertextBytes } = this.#written;
    const start = Buffer.alloc(prefix.length);
    await input.file.read(start, 0, start.length, 0);
    if (!start.equals(prefix)) throw notAsWritten('its header is another');
    const hash = createHash('sha256');
    const length = ciphertextBytes - prefix.length;
    const source = { fd: input.file.fd, position: prefix.length, length };
    const first = hashFile(input.file.fd, hash, options.signal);
    try {
      const done = await openPayload(secrets, source, 'discard', { ...options, first });
      return { done, ciphertextSha256: hash.digest('hex') };
    } finally {
      // Only then does nothing read the file any more.
      await first.catch(() => {});
    }
  }

  async #openStream(
    source: ByteReader,
    options: CipherOptions,
  ): Promise<{ done: PayloadDone; ciphertextSha256: string }> {
    const { prefix, secrets, armor, ciphertextBytes } = this.#written;
    const hash = createHash('sha256');
    let length = 0;
    const hashing = (async function* () {
      for await (const piece of source) {
        hash.update(piece);
        length += piece.length;
        yield piece;
      }
    })();
    const reader = new ByteReader(armor ? readArmor(hashing) : hashing);
    try {
      const start = Buffer.alloc(prefix.length);
      await reader.fill(start);
      if (!start.equals(prefix)) throw notAsWritten('its header is another');
      const done = await openPayload(secrets, { reader }, 'discard', options);
      if (length !== ciphertextBytes) throw notAsWritten('its length is another');
      return { done, ciphertextSha256: hash.digest('hex') };
    } finally {
      await reader.close();
    }
  }
}
