import { lstatSync } from 'node:fs';
import { open, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { badInput, type Fault } from '../model/index.js';
import { syncFolder, unfinishedName } from '../workspace/index.js';
import { ExtractedTree } from './extracted-tree.js';
import { Extraction, type UnpackOptions, type UnpackSummary } from './extraction.js';
import { NewFolder } from './new-folder.js';

/** Files flushed to disk at a time. */
const FLUSHES = 32;
/** Room that is left on the disk. */
const SPARE_BYTES = 64 * 1024 * 1024;

/**
 * Extracts a tar stream, compressed with gzip or not, into a new folder, which appears when everything is there
 * and on disk, or not at all. Refused are: absolute names, `..`, drive letters, backslashes, control characters,
 * devices, pipes, links that leave the folder, hard links to something else than an extracted file, names that
 * occur twice or differ in case, Unicode normalization or invisible characters only, and more than the limits allow. Times and
 * permission bits are kept; set-user-ID, set-group-ID and sticky bits and owners are not. The folder itself is 0700.
 *
 * @param target folder that is not there yet; the one above it is
 * @throws Fault `target-exists` (exit 2), `unsafe-pack`, `pack-too-large`, `output-swapped` (exit 4), `pack-damaged`
 *   (exit 5); what the stream and the file system throw
 */
export async function unpack(
  stream: AsyncIterable<Uint8Array>,
  target: string,
  options: UnpackOptions = {},
): Promise<UnpackSummary> {
  const place = resolve(target);
  if (lstatSync(place, { throwIfNoEntry: false })) throw targetExists(target);
  const parent = dirname(place);
  const folder = new NewFolder(join(parent, unfinishedName()));
  const tree = new ExtractedTree(folder.root);
  try {
    const space = await statfs(parent);
    const room = Math.max(0, space.bavail * space.bsize - SPARE_BYTES);
    const extraction = new Extraction(tree, options, room);
    await extraction.run(stream);
    await flush(tree);
    tree.makeLinks();
    await tree.finishFolders();
    if (lstatSync(place, { throwIfNoEntry: false })) throw targetExists(target);
    await folder.appear(place);
    await syncFolder(parent);
    return extraction.summary;
  } catch (error) {
    await folder.discard();
    throw folder.named(error);
  } finally {
    tree.close();
    folder.close();
  }
}

/** Puts the contents of all files on disk. */
async function flush(tree: ExtractedTree): Promise<void> {
  const files = tree.files();
  const lane = async () => {
    for (const path of files) {
      const file = await open(path, 'r');
      try {
        await file.sync();
      } finally {
        await file.close();
      }
    }
  };
  await Promise.all(Array.from({ length: FLUSHES }, lane));
}

function targetExists(target: string): Fault {
  return badInput('target-exists', `${JSON.stringify(target)} is already there`, {
    hint: 'Give another folder with -o; nothing is written into an existing one',
  });
}
