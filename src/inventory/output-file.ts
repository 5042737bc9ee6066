import { randomBytes } from 'node:crypto';
import { open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { badInput } from '../model/index.js';
import { syncFolder } from '../workspace/index.js';

/** A file of any length that appears whole or not at all (0600). One call at a time. */
export interface OutputFile {
  write(text: string): Promise<void>;
  /** Makes it durable and gives it its name. */
  commit(): Promise<void>;
  /** Takes back what was written, unless it was committed. */
  abandon(): Promise<void>;
}

const BUFFERED_CHARACTERS = 262_144;

/** @throws Fault `is-a-folder`, `folder-missing`; the file system's error (EACCES, ENOSPC …), here and in every method */
export async function openOutputFile(path: string): Promise<OutputFile> {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${randomBytes(4).toString('hex')}.tmp`);
  await requireFileName(path, folder);
  const file = await open(temporary, 'wx', 0o600);
  let pending = '';
  let unfinished = true;
  const flush = async () => {
    const text = pending;
    pending = '';
    if (text !== '') await file.writeFile(text);
  };
  return {
    async write(text) {
      pending += text;
      if (pending.length >= BUFFERED_CHARACTERS) await flush();
    },
    async commit() {
      await flush();
      await file.sync();
      await file.close();
      unfinished = false;
      try {
        await rename(temporary, path);
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
      await syncFolder(folder);
    },
    async abandon() {
      if (!unfinished) return;
      unfinished = false;
      await file.close();
      await rm(temporary, { force: true });
    },
  };
}

async function requireFileName(path: string, folder: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) {
    throw badInput('is-a-folder', `${path} is a folder; a file is expected`, {
      hint: 'Name the file to write',
    });
  }
  if (found === undefined && (await stat(folder).catch(() => undefined)) === undefined) {
    throw badInput('folder-missing', `There is no folder ${folder}`, { hint: 'Make it first' });
  }
}
