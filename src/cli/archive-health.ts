import { lstat } from 'node:fs/promises';
import { ExitCode } from '../model/index.js';
import type { Session } from '../session/index.js';
import { type Finding, finding } from './health-finding.js';

/**
 * Archives whose key exists and whose file is not what was written: nobody can open them, and what the inventory keeps in
 * them may be lost. Nothing is said where all are there.
 */
export async function checkArchives(session: Session): Promise<Finding[]> {
  const { factsOf } = await import('../archive/index.js');
  const found: Finding[] = [];
  for (const archive of await session.store.archives.list()) {
    if (archive.state === 'begun' || archive.state === 'erased') continue;
    const size = await sizeOf(archive.path);
    const { bytes } = factsOf(archive);
    if (size === bytes) continue;
    const what = size === undefined ? 'is not where it was written' : 'is not what was written';
    found.push(
      finding('archives', 'bad', `The encrypted file of ${archive.itemId} (${archive.id}) ${what}`, {
        hint: `Bring it back from a copy: ${archive.path}`,
        exitCode: ExitCode.verificationFailed,
      }),
    );
  }
  return found;
}

/** Undefined where no file is. */
async function sizeOf(path: string): Promise<number | undefined> {
  const stat = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  return stat?.isFile() ? stat.size : undefined;
}
