import { randomBytes } from 'node:crypto';
import { link, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type DecryptionKey, formatOf } from '../crypto/index.js';
import { badInput, verificationFailed } from '../model/index.js';
import { syncFolder } from '../workspace/index.js';
import { packedFolder, unpackFolder } from './folder-packing.js';

export interface WrittenArchive {
  bytes: number;
  /** Of the ciphertext, hex. */
  sha256: string;
}

/**
 * Encrypts a file, or a folder as a tar stream, into an age file that appears whole or not at all, after it was read
 * back, decrypted in memory and compared.
 *
 * @param recipient of the item's own key
 * @throws Fault `input-changed` (exit 3), `readback-differs` (exit 5), `archive-exists` (exit 2), and what the system throws
 */
export async function writeArchive(
  source: { path: string; medium: 'file' | 'folder' },
  target: string,
  recipient: string,
  signal?: AbortSignal,
): Promise<WrittenArchive> {
  const folder = dirname(target);
  const temporary = temporaryName(target);
  try {
    const output = await open(temporary, 'wx+', 0o600);
    try {
      const format = await formatOf('age');
      const options = signal === undefined ? {} : { signal };
      const input = source.medium === 'file' ? await openSource(source.path) : undefined;
      const from =
        input === undefined
          ? { kind: 'stream' as const, stream: packedFolder(source.path, signal) }
          : { kind: 'file' as const, file: input, size: (await input.stat()).size };
      let written: WrittenArchive;
      try {
        const encrypted = await format.encrypt(
          from,
          { kind: 'file', file: output },
          [{ kind: 'age', recipient }],
          options,
        );
        try {
          await output.sync();
          const size = (await output.stat()).size;
          const proof = await encrypted.prove({ kind: 'file', file: output, size }, options);
          written = { bytes: size, sha256: proof.ciphertextSha256 };
        } finally {
          encrypted.forget();
        }
      } finally {
        await input?.close();
      }
      await exclusively(temporary, target);
      await syncFolder(folder);
      return written;
    } finally {
      await output.close();
    }
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Name of a file that is being written beside its final place. */
function temporaryName(target: string): string {
  return join(dirname(target), `.${randomBytes(6).toString('hex')}.archive.tmp`);
}

async function openSource(path: string) {
  const { constants } = await import('node:fs');
  return await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
}

async function exclusively(temporary: string, target: string): Promise<void> {
  try {
    await link(temporary, target);
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) throw cause;
    throw badInput('archive-exists', `${target} exists already; nothing was written`, {
      cause,
      hint: 'Name another place',
    });
  }
}

/**
 * Decrypts an archive to a new file or folder, which appears whole or not at all.
 *
 * @throws Fault `archive-absent` (exit 2), `target-exists` (exit 2), `no-key-fits` (exit 4), `ciphertext-damaged` (exit 5)
 */
export async function readArchive(
  source: string,
  target: { path: string; medium: 'file' | 'folder' },
  keys: readonly DecryptionKey[],
  signal?: AbortSignal,
): Promise<void> {
  const size = await sizeOf(source);
  await requireFree(target.path);
  const temporary = join(dirname(target.path), `.${randomBytes(6).toString('hex')}.opened.tmp`);
  const input = await open(source, 'r');
  const options = signal === undefined ? {} : { signal };
  const format = await formatOf('age');
  const from = { kind: 'file' as const, file: input, size };
  try {
    if (target.medium === 'folder') {
      await unpackFolder(temporary, async (write) => {
        await format.decrypt(from, { kind: 'stream', write }, keys, options);
      });
    } else {
      const output = await open(temporary, 'wx', 0o600);
      try {
        await format.decrypt(from, { kind: 'file', file: output }, keys, options);
        await output.sync();
      } finally {
        await output.close();
      }
    }
    await requireFree(target.path);
    await rename(temporary, target.path);
    await syncFolder(dirname(target.path));
  } finally {
    await input.close();
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Whether one of the keys opens the archive: its header only is looked at, nothing is given out. */
export async function opensArchive(source: string, keys: readonly DecryptionKey[]): Promise<boolean> {
  const input = await open(source, 'r');
  const stop = new AbortController();
  try {
    const format = await formatOf('age');
    const nothing = { kind: 'stream' as const, write: async () => stop.abort() };
    await format.decrypt({ kind: 'file', file: input, size: (await input.stat()).size }, nothing, keys, {
      signal: stop.signal,
      threads: 0,
    });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'no-key-fits') return false;
    // Damaged or cut off by us: the key fitted, or nobody can say that it does not.
    return true;
  } finally {
    await input.close();
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (cause) {
    throw verificationFailed('archive-absent', 'The encrypted file is not where it was written', {
      cause,
      hint: 'Bring it back to its place, which `quietus archive list` shows',
    });
  }
}

async function requireFree(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return;
  throw badInput('target-exists', `${path} exists already; nothing was written`, {
    hint: 'Name another place with --to',
  });
}
