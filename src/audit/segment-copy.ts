import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, link, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { badInput } from '../model/index.js';
import { syncFolder } from '../workspace/index.js';
import { fileDigest } from './segment-file.js';

/**
 * Copies a segment and its manifest into a folder elsewhere: flushed and read back before it gets its name. A file that is
 * there already is left where it is the same.
 *
 * @throws Fault `copy-failed` (exit 2) where the folder cannot be written, or has another file of that name
 */
export async function copySegment(
  folder: string,
  target: string,
  ...names: readonly string[]
): Promise<void> {
  for (const name of names) {
    try {
      await copyOne(join(folder, name), target, name);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === undefined) throw error;
      throw badInput('copy-failed', `${name} could not be copied to ${target} (${code})`, {
        cause: error,
        hint: 'Name a folder that is there and may be written. What is archived already stays so; run it again',
      });
    }
  }
}

async function copyOne(source: string, target: string, name: string): Promise<void> {
  const path = join(target, name);
  const temporary = join(target, `.${name}.${randomBytes(4).toString('hex')}.tmp`);
  const wanted = await fileDigest(source);
  try {
    await copyFile(source, temporary, constants.COPYFILE_EXCL);
    const file = await open(temporary, 'r+');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
    if ((await fileDigest(temporary))?.sha256 !== wanted?.sha256) throw different(name, target);
    await link(temporary, path).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
      if ((await fileDigest(path))?.sha256 !== wanted?.sha256) throw different(name, target);
    });
  } finally {
    await rm(temporary, { force: true });
  }
  await syncFolder(target);
}

function different(name: string, target: string): Error {
  return badInput(
    'copy-failed',
    `${target} has another file ${name}, or does not give back what is written to it`,
    {
      hint: 'Name another folder',
    },
  );
}
