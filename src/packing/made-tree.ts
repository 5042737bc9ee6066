import { chmodSync, type Dir, opendirSync, rmdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';

/** Of a tree that we made ourselves, in a folder that nobody else may enter. */
export interface MadeEntry {
  type: 'file' | 'folder' | 'link';
  path: string;
  /** From the root of the tree, with `/` between its parts. */
  name: string;
}

interface OpenFolder {
  path: string;
  name: string;
  dir: Dir;
}

/**
 * Everything in the tree, each folder after what is in it. Names come from the disk as they are asked for: to keep
 * those of a million entries would take more memory than all else.
 *
 * @param enter called with each folder before it is read
 */
export function* madeEntries(root: string, enter: (path: string) => void = () => {}): Generator<MadeEntry> {
  const open: OpenFolder[] = [];
  const descend = (path: string, name: string) => {
    enter(path);
    open.push({ path, name, dir: opendirSync(path) });
  };
  try {
    descend(root, '');
    for (let folder = open.at(-1); folder !== undefined; folder = open.at(-1)) {
      const entry = folder.dir.readSync();
      if (entry === null) {
        open.pop()?.dir.closeSync();
        if (open.length > 0) yield { type: 'folder', path: folder.path, name: folder.name };
        continue;
      }
      const path = join(folder.path, entry.name);
      const name = folder.name === '' ? entry.name : `${folder.name}/${entry.name}`;
      if (entry.isDirectory()) descend(path, name);
      else yield { type: entry.isSymbolicLink() ? 'link' : 'file', path, name };
    }
  } finally {
    for (const { dir } of open) dir.closeSync();
  }
}

/** Takes away everything in the tree, also from folders that are read-only. What is removed never fills memory. */
export function removeMade(root: string): void {
  // Some file systems pass over a name when another one goes while they list: then there is more to find.
  for (let found = true; found; ) {
    found = false;
    for (const { type, path } of madeEntries(root, (folder) => chmodSync(folder, 0o700))) {
      found = true;
      if (type === 'folder') removeFolder(path);
      else unlinkSync(path);
    }
  }
}

function removeFolder(path: string): void {
  try {
    rmdirSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
    removeMade(path);
    rmdirSync(path);
  }
}
