import { type FileHandle, lstat } from 'node:fs/promises';
import type { ByteInput, DecryptionKey, EncryptionFormat } from '../crypto/index.js';
import { ExitCode, Fault } from '../model/index.js';
import { PlaintextPipe } from './plaintext-pipe.js';
import type { PlaintextSource } from './plaintext-source.js';

/** What is known of a content beside its bytes. */
export type KnownContent = Pick<PlaintextSource, 'packed' | 'compressed'> & {
  /** Null where nobody knows. */
  files: number | null;
  leftOut: number;
};

/** An encrypted file that is open, with keys of which one opens it. */
export interface OpenableFile {
  format: EncryptionFormat;
  input: Extract<ByteInput, { kind: 'file' }>;
  keys: readonly DecryptionKey[];
}

/**
 * The plaintext of an encrypted file as something to encrypt: a piece at a time, in memory only. The stream fails where the
 * file turns out to be damaged, so that nothing is made of its first part.
 *
 * @param path canonical
 * @throws Fault `input-changed` (exit 3) where the path is another one by now
 */
export async function decryptedSource(
  path: string,
  { format, input, keys }: OpenableFile,
  options: { content: KnownContent; signal: AbortSignal },
): Promise<PlaintextSource> {
  const before = await stateOf(path, input.file);
  const { files, leftOut, packed, compressed } = options.content;
  async function* plaintext(): AsyncGenerator<Uint8Array> {
    const pipe = new PlaintextPipe();
    const output = { kind: 'stream', write: (bytes: Uint8Array) => pipe.write(bytes) } as const;
    const decrypting = format.decrypt(input, output, keys, { signal: options.signal }).then(
      () => pipe.end(),
      (error: unknown) => pipe.fail(error),
    );
    try {
      yield* pipe.read();
    } finally {
      pipe.abandon();
      await decrypting;
    }
  }
  return {
    input: { kind: 'stream', stream: plaintext() },
    size: null,
    extension: '',
    packed,
    compressed,
    contents: () => ({ files, leftOut, skipped: [] }),
    requireUnchanged: async () => {
      if ((await stateOf(path, input.file)) !== before) throw changed();
    },
    close: () => Promise.resolve(),
  };
}

/** What changes when somebody writes to the file, or puts another one in its place. */
async function stateOf(path: string, file: FileHandle): Promise<string> {
  const { mtimeNs, ctimeNs, size, dev, ino } = await file.stat({ bigint: true });
  const there = await lstat(path, { bigint: true }).catch(() => null);
  // What has its name is what would be replaced.
  if (there === null || there.dev !== dev || there.ino !== ino) throw changed();
  return `${mtimeNs} ${ctimeNs} ${size} ${dev} ${ino}`;
}

function changed(): Fault {
  return new Fault(
    'input-changed',
    ExitCode.partial,
    'The encrypted file changed while it was encrypted again; it was left as it is',
    { hint: 'See who writes to it, and try again' },
  );
}
