import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type {
  ByteInput,
  ByteOutput,
  Decrypted,
  DecryptionKey,
  EncryptionFormat,
  EncryptionKey,
  EncryptOptions,
} from '../../src/crypto/index.js';
import { temporaryFolder } from '../temporary-folder.js';

/** Bytes in a file of its own, opened for reading; closed when the test ends. */
export async function fileOf(bytes: Uint8Array): Promise<ByteInput & { kind: 'file'; path: string }> {
  const path = join(temporaryFolder(), 'input');
  writeFileSync(path, bytes);
  const file = await opened(path, 'r');
  return { kind: 'file', file, size: bytes.length, path };
}

async function opened(path: string, flags: string): Promise<FileHandle> {
  const file = await open(path, flags);
  onTestFinished(async () => {
    await file.close();
  });
  return file;
}

/** A stream that gives the bytes in parts of uneven sizes. */
export function streamOf(bytes: Uint8Array, part = 70_001): ByteInput {
  async function* parts(): AsyncGenerator<Uint8Array, void> {
    for (let at = 0; at < bytes.length; at += part) yield bytes.subarray(at, at + part);
  }
  return { kind: 'stream', stream: parts() };
}

/** An output that keeps what it was given, as a file or as a stream. */
export async function outputOf(kind: 'file' | 'stream'): Promise<{ output: ByteOutput; bytes(): Buffer }> {
  if (kind === 'stream') {
    const parts: Buffer[] = [];
    const write = async (bytes: Uint8Array): Promise<void> => {
      await Promise.resolve();
      parts.push(Buffer.from(bytes));
    };
    return { output: { kind, write }, bytes: () => Buffer.concat(parts) };
  }
  const path = join(temporaryFolder(), 'output');
  writeFileSync(path, '');
  return { output: { kind, file: await opened(path, 'r+') }, bytes: () => readFileSync(path) };
}

/** Encrypts, proves what was written, and gives it. */
export async function encrypted(
  format: EncryptionFormat,
  input: ByteInput,
  keys: readonly EncryptionKey[],
  options: EncryptOptions & { into?: 'file' | 'stream' } = {},
): Promise<Buffer> {
  const { output, bytes } = await outputOf(options.into ?? 'file');
  const result = await format.encrypt(input, output, keys, options);
  try {
    const written = bytes();
    if (written.length !== result.ciphertextBytes) throw new Error('it says another size than it wrote');
    await result.prove(await fileOf(written));
    return written;
  } finally {
    result.forget();
  }
}

export async function decrypted(
  format: EncryptionFormat,
  input: ByteInput,
  keys: readonly DecryptionKey[],
  into: 'file' | 'stream' = 'file',
): Promise<{ result: Decrypted; plaintext: Buffer }> {
  const { output, bytes } = await outputOf(into);
  const result = await format.decrypt(input, output, keys);
  return { result, plaintext: bytes() };
}

/** How an attempt to decrypt ended: the code of the fault, or `same` or `other` for the plaintext that came out. */
export async function verdict(
  format: EncryptionFormat,
  file: Uint8Array,
  keys: readonly DecryptionKey[],
  plaintext: Uint8Array,
): Promise<string> {
  const released: Buffer[] = [];
  const output: ByteOutput = {
    kind: 'stream',
    write: async (bytes) => {
      await Promise.resolve();
      released.push(Buffer.from(bytes));
    },
  };
  try {
    await format.decrypt(streamOf(file), output, keys);
    return Buffer.concat(released).equals(plaintext) ? 'same' : 'other';
  } catch (error) {
    const code = (error as { code?: string }).code;
    if (code === undefined) throw error;
    const prefix = Buffer.concat(released);
    return prefix.equals(plaintext.subarray(0, prefix.length)) ? code : 'other';
  }
}

/** Not compressible, and not the same in any two places. */
export function content(size: number): Buffer {
  return randomBytes(size);
}
