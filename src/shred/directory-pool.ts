import { dirname, parse, sep } from 'node:path';
import { DirectoryHandle, FolderChanged } from './directory-handle.js';
import { entryPathBytes, splitEntryPath } from './entry-path.js';
import type { ItemWork } from './item-work.js';

/** Open folders that nobody uses at the moment, kept for the next file in them. */
const KEPT_OPEN = 64;

interface Slot {
  handle: DirectoryHandle;
  users: number;
}

/**
 * The folders of one phase, opened component by component and never through a link. A folder below an item is handed
 * out only when it is the one that the item's entries name.
 */
export class DirectoryPool {
  readonly #slots = new Map<string, Slot>();
  readonly #lent = new Map<DirectoryHandle, Slot>();

  /** Opens the folder that holds the entry; throws a system error. Must be given back with `release`. */
  acquire(work: ItemWork, entryPath: string): DirectoryHandle {
    if (entryPath === '') return this.#take(this.#outer(dirname(work.target.location)));
    return this.#take(this.#inner(work, splitEntryPath(entryPath).folder));
  }

  release(handle: DirectoryHandle): void {
    const slot = this.#lent.get(handle);
    if (slot === undefined) return;
    slot.users -= 1;
    if (slot.users > 0) return;
    this.#lent.delete(handle);
    if (this.#slots.size > KEPT_OPEN) this.#shrink(KEPT_OPEN);
  }

  close(): void {
    for (const { handle } of this.#slots.values()) handle.close();
    this.#slots.clear();
    this.#lent.clear();
  }

  /** A folder outside of items: any, as long as no component is a link. */
  #outer(path: string): string {
    const key = `outer:${path}`;
    if (this.#slots.has(key)) return key;
    const { root } = parse(path);
    let handle = DirectoryHandle.root(path);
    for (const name of path.slice(root.length).split(sep)) {
      if (name === '') continue;
      const parent = handle;
      try {
        handle = parent.descend(Buffer.from(name));
      } finally {
        parent.close();
      }
    }
    return this.#put(key, handle);
  }

  #inner(work: ItemWork, folder: string): string {
    const key = `inner:${work.target.itemId}\0${folder}`;
    if (this.#slots.has(key)) return key;
    const parent = this.acquire(work, folder);
    let handle: DirectoryHandle;
    try {
      handle = parent.descend(folder === '' ? work.baseName : entryPathBytes(splitEntryPath(folder).name));
    } finally {
      this.release(parent);
    }
    const planned = work.folders.identity(folder);
    if (handle.identity.device !== planned?.device || handle.identity.inode !== planned.inode) {
      handle.close();
      throw new FolderChanged('ESTALE');
    }
    return this.#put(key, handle);
  }

  #put(key: string, handle: DirectoryHandle): string {
    this.#shrink(KEPT_OPEN - 1);
    this.#slots.set(key, { handle, users: 0 });
    return key;
  }

  #take(key: string): DirectoryHandle {
    const slot = this.#slots.get(key);
    if (slot === undefined) throw new Error('the folder was closed while it was being opened');
    slot.users += 1;
    this.#lent.set(slot.handle, slot);
    // Last used goes last.
    this.#slots.delete(key);
    this.#slots.set(key, slot);
    return slot.handle;
  }

  #shrink(limit: number): void {
    for (const [key, slot] of this.#slots) {
      if (this.#slots.size <= limit) return;
      if (slot.users > 0) continue;
      slot.handle.close();
      this.#slots.delete(key);
    }
  }
}
