import type { Stats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';

/** An encrypted file that gives its place to another one of the same content. */
export interface ReplacedFile {
  /** The transfer that made it; null where this workspace did not. */
  transfer: string | null;
  /** Who may read it. */
  access: Pick<Stats, 'uid' | 'gid' | 'mode'>;
}

/**
 * Gives a new file the owner and the permissions of the one that it replaces. Where this account may not give it away, nobody
 * else than its owner gets any: another group would have them.
 */
export async function keepAccess(file: FileHandle, { access }: ReplacedFile): Promise<void> {
  const { uid, gid } = await file.stat();
  let mode = access.mode & 0o777;
  if (uid !== access.uid || gid !== access.gid) {
    try {
      await file.chown(access.uid, access.gid);
    } catch {
      mode &= 0o700;
    }
  }
  await file.chmod(mode);
}
