import { existsSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { ByteOutput } from '../crypto/index.js';
import { badInput } from '../model/index.js';
import { type UnpackOptions, type UnpackSummary, unpack } from '../packing/index.js';
import { unfinishedName } from '../workspace/index.js';
import { PlaintextPipe } from './plaintext-pipe.js';
import { TemporaryOutput } from './temporary-output.js';

/** Where a plaintext goes. It appears when it is complete, or not at all. */
export interface DecryptionPlace {
  /** File or folder that will appear. */
  path: string;
  output: ByteOutput;
  /** Lets it appear. @returns what was extracted; null for a file */
  finish(): Promise<UnpackSummary | null>;
  /** Takes away what was written. @returns why nothing came of it: `error`, or what led to it */
  discard(error: unknown): Promise<unknown>;
}

/** @param path where nothing is, or what `force` replaces */
export async function filePlace(path: string, force: boolean): Promise<DecryptionPlace> {
  const temporary = new TemporaryOutput(path, unfinishedName());
  return {
    path,
    output: { kind: 'file', file: await temporary.open() },
    finish: async () => {
      await temporary.sync();
      try {
        await temporary.appear(force);
      } catch (error) {
        await temporary.discard();
        throw error;
      }
      return null;
    },
    discard: async (error) => {
      await temporary.discard();
      return error;
    },
  };
}

/** Extracts while it is decrypted, so that the pack itself never lies on disk. @param path where nothing is */
export function folderPlace(path: string, options: UnpackOptions): DecryptionPlace {
  const pipe = new PlaintextPipe();
  let failure: { error: unknown } | null = null;
  const extracting = unpack(pipe.read(), path, options).catch((error: unknown) => {
    failure = { error };
    // Whoever decrypts need not go on.
    pipe.abandon();
    throw error;
  });
  // Heard of by whoever finishes or discards it.
  extracting.catch(() => {});
  return {
    path,
    output: { kind: 'stream', write: (bytes) => pipe.write(bytes) },
    finish: async () => {
      pipe.end();
      return await extracting;
    },
    discard: async (error) => {
      const first = failure?.error ?? error;
      pipe.fail(error);
      await extracting.catch(() => {});
      return first;
    },
  };
}

/** A folder that is not there yet: the one given, or one in it where it exists. */
export function folderPath({ output, cwd }: { output: string | null; cwd: string }, name: string): string {
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
