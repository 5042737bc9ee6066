import { type FileHandle, open } from 'node:fs/promises';
import { type ByteInput, type EncryptionFormat, type FileInspection, recognize } from '../crypto/index.js';
import { badInput } from '../model/index.js';
import { type WantedKey, wantedKey } from './wanted-key.js';

/** What formats are recognized by, in bytes. */
const START_BYTES = 4096;

/** An encrypted file, or what comes through a pipe, with its format. */
export interface EncryptedFile {
  format: EncryptionFormat;
  input: ByteInput;
  wanted: WantedKey;
  /** Whether it is text. */
  armored: boolean;
  close(): Promise<void>;
}

/**
 * Opens a file and recognizes its format.
 *
 * @param path `-` for standard input
 * @throws Fault `input-missing`, `format-unknown` (exit 2)
 */
export async function openEncrypted(path: string): Promise<EncryptedFile> {
  if (path === '-') return await fromStream(process.stdin);
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code;
    const missing = reason === 'ENOENT';
    throw badInput(
      'input-missing',
      missing ? `There is no file ${path}` : `The file ${path} cannot be read`,
      {
        cause: error,
        hint: missing ? 'Check the path' : 'Check that your account may read it',
        details: { reason },
      },
    );
  }
  try {
    return await fromFile(file);
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function fromFile(file: FileHandle): Promise<EncryptedFile> {
  const status = await file.stat();
  if (!status.isFile()) {
    if (status.isDirectory()) throw unknownFormat('It is a folder');
    const opened = await fromStream(file.createReadStream({ autoClose: false }));
    return { ...opened, close: () => file.close() };
  }
  const { buffer, bytesRead } = await file.read(Buffer.alloc(START_BYTES), 0, START_BYTES, 0);
  const start = buffer.subarray(0, bytesRead);
  const format = await recognize(start);
  if (format === null) throw unknownFormat(guess(start));
  const input = { kind: 'file', file, size: status.size } as const;
  return { ...told(format, start), input, close: () => file.close() };
}

async function fromStream(stream: AsyncIterable<unknown>): Promise<EncryptedFile> {
  const iterator = stream[Symbol.asyncIterator]();
  const parts: Buffer[] = [];
  let length = 0;
  while (length < START_BYTES) {
    const next = await iterator.next();
    if (next.done) break;
    parts.push(next.value as Buffer);
    length += (next.value as Buffer).length;
  }
  const start = Buffer.concat(parts);
  const format = await recognize(start);
  if (format === null) throw unknownFormat(guess(start));
  async function* all(): AsyncGenerator<Uint8Array> {
    yield start;
    for (;;) {
      const next = await iterator.next();
      if (next.done) return;
      yield next.value as Buffer;
    }
  }
  const input = { kind: 'stream', stream: all() } as const;
  return { ...told(format, start), input, close: () => Promise.resolve() };
}

/** What the first bytes of a file tell of it. */
function told(format: EncryptionFormat, start: Buffer): Pick<EncryptedFile, 'format' | 'wanted' | 'armored'> {
  const armored = start.toString('latin1').trimStart().startsWith('-----BEGIN ');
  return { format, wanted: wantedKey(format, start), armored };
}

/** What it is instead, where that is easy to see. */
function guess(start: Buffer): string {
  const text = start.toString('latin1');
  if (start.length === 0) return 'It is empty';
  if (text.startsWith('PK')) return 'It is a zip file without encryption';
  if (text.startsWith('-----BEGIN PGP') || (start[0] ?? 0) === 0x85)
    return 'It looks like OpenPGP: open it with gpg';
  if (text.startsWith('%PDF')) return 'It is a PDF';
  return 'It begins like none of them';
}

function unknownFormat(why: string): Error {
  return badInput('format-unknown', `The file is in no encrypted format that this program knows. ${why}`, {
    hint: 'It knows age, CMS, AES-256 zip and its own pages; ask the sender how the file was made',
  });
}

/**
 * What can be said of an encrypted file without a key.
 *
 * @throws Fault as `openEncrypted`, `ciphertext-damaged` (exit 5)
 */
export async function inspectFile(path: string): Promise<FileInspection> {
  const { format, input, close } = await openEncrypted(path);
  try {
    return await format.inspect(input);
  } finally {
    await close();
  }
}
