import { createReadStream, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  type DisposalJournal,
  type DisposalRequest,
  destroy,
  examine,
  type TargetOutcome,
} from '../shred/index.js';

/** Files of our own need no memory: what is left of them is found by its name, and destroyed again. */
const FORGETFUL: DisposalJournal = {
  begin: async (requests: readonly DisposalRequest[]) =>
    requests.map(({ target }) => ({ itemId: target.itemId, go: true as const })),
  stillAuthorized: async () => undefined,
  overwritten: async () => undefined,
  finish: async () => undefined,
};

/**
 * Destroys a file or folder that this program made for itself, such as old key files.
 * @returns null where nothing is there
 */
export async function destroyOwn(
  path: string,
  medium: 'file' | 'folder',
): Promise<Pick<TargetOutcome, 'outcome' | 'reasons'> | null> {
  const options = { protectedPaths: [], acceptResidual: true };
  const examined = await examine(path, medium, options);
  if (examined.status === 'absent') return null;
  if (examined.status === 'refused') return { outcome: 'refused', reasons: [examined.reason] };
  const { location, fingerprint } = examined;
  const [outcome] = await destroy([{ itemId: 'own', location, medium, fingerprint }], FORGETFUL, options);
  if (outcome === undefined) throw new Error('A disposal ended without an outcome');
  return outcome;
}

/** Whether any of the byte strings stands in a file at or below the folder. Links are not followed. */
export async function anyFileHolds(folder: string, wanted: readonly Buffer[]): Promise<boolean> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && (await anyFileHolds(path, wanted))) return true;
    if (entry.isFile() && (await fileHolds(path, wanted))) return true;
  }
  return false;
}

async function fileHolds(path: string, wanted: readonly Buffer[]): Promise<boolean> {
  const overlap = Math.max(...wanted.map(({ length }) => length)) - 1;
  let tail: Buffer = Buffer.alloc(0);
  try {
    if (lstatSync(path).size === 0) return false;
    for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
      const part = Buffer.concat([tail, chunk as Buffer]);
      if (wanted.some((bytes) => part.includes(bytes))) return true;
      tail = part.subarray(Math.max(0, part.length - overlap));
    }
  } catch (error) {
    // A temporary file of the database may go away while it is looked at.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
  return false;
}
