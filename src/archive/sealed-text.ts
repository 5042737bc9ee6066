import { type DecryptionKey, type EncryptionKey, formatOf } from '../crypto/index.js';

/** A key file of ours is a few hundred bytes; anything longer is none. */
export const LONGEST_SEALED = 64 * 1024;

/**
 * Encrypts a short text as an age file and proves it.
 * @throws what the format throws
 */
export async function seal(text: string, keys: readonly EncryptionKey[]): Promise<Buffer> {
  const format = await formatOf('age');
  const parts: Buffer[] = [];
  const output = {
    kind: 'stream' as const,
    write: async (bytes: Uint8Array) => {
      parts.push(Buffer.from(bytes));
    },
  };
  const encrypted = await format.encrypt({ kind: 'stream', stream: once(Buffer.from(text)) }, output, keys, {
    threads: 0,
  });
  try {
    const sealed = Buffer.concat(parts);
    await encrypted.prove({ kind: 'stream', stream: once(sealed) }, { threads: 0 });
    return sealed;
  } finally {
    encrypted.forget();
  }
}

/**
 * Opens what {@link seal} made.
 * @throws Fault `no-key-fits` (exit 4), `ciphertext-damaged` (exit 5), and what the format throws
 */
export async function unseal(sealed: Buffer, keys: readonly DecryptionKey[]): Promise<string> {
  const format = await formatOf('age');
  const parts: Buffer[] = [];
  const output = {
    kind: 'stream' as const,
    write: async (bytes: Uint8Array) => {
      parts.push(Buffer.from(bytes));
    },
  };
  await format.decrypt({ kind: 'stream', stream: once(sealed) }, output, keys, { threads: 0 });
  const plain = Buffer.concat(parts);
  const text = plain.toString('utf8');
  for (const part of [...parts, plain]) part.fill(0);
  return text;
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}
