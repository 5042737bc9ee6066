import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

export interface FoundFile {
  /** Relative to the folder where the search began. */
  path: string;
  kind: 'file' | 'unreadable' | 'link' | 'special';
}

/** Everything below a folder that is no folder itself; links are not followed, and a folder that cannot be read is named. */
export async function* filesBelow(root: string, folder = ''): AsyncGenerator<FoundFile> {
  let entries: Dirent[];
  try {
    entries = await readdir(join(root, folder), { withFileTypes: true });
  } catch {
    yield { path: folder, kind: 'unreadable' };
    return;
  }
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(root, path);
    else if (entry.isFile()) yield { path, kind: 'file' };
    else yield { path, kind: entry.isSymbolicLink() ? 'link' : 'special' };
  }
}
