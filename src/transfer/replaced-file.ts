import type { Stats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';

/** An encrypted file that gives its place to another one of the same content. */
export interface ReplacedFile {
  /** The transfer that made it; null where this workspace did not. */
  transfer: string | null;
  /** Who may read it. */
  access: Pick<Stats, 'uid' | 'gid' | 'mode'>;
  /** Whether its receipt lies beside it, which the new one then takes the place of. */
  hasReceipt: boolean;
}

/**
 * Gives a new file the owner and the permissions of the one that it replaces. Where this account may not give it away, nobody
 * else than its owner gets any: another group would have them.
 *
 * @returns whether they are the same
 */
export async function keepAccess(file: FileHandle, { access }: ReplacedFile): Promise<boolean> {
  const { uid, gid } = await file.stat();
  const mode = access.mode & 0o777;
  if (uid !== access.uid || gid !== access.gid) {
    try {
      await file.chown(access.uid, access.gid);
    } catch {
      await file.chmod(mode & 0o700);
      return false;
    }
  }
  await file.chmod(mode);
  return true;
}
