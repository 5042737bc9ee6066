import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { badInput, isOverwritable, type Medium } from '../model/index.js';
import { CellMistake } from './cell-mistake.js';

/** Longest path of a file or folder, in bytes: Linux's PATH_MAX without its final NUL. */
const LONGEST_PATH = 4095;

/**
 * Reads where an item lies. For a file or folder: an absolute path, or one relative to `base`; repeated slashes,
 * `.` and a slash at the end are taken away. `..` is refused, not resolved: after a symbolic link it means
 * another folder than the text says, and what is here is disposed of one day. For other media the text stands as
 * it is, for the person who fetches the thing.
 *
 * @param base absolute path, for relative ones
 */
export function readLocation(text: string, medium: Medium, base: string | undefined): string | CellMistake {
  if (!isOverwritable(medium)) return text.trim() === '' ? new CellMistake('is missing', PLACE) : text.trim();
  if (text.length <= LONGEST_PATH / 4 && PLAIN_PATH.test(text)) return text;
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(text)) {
    return new CellMistake('is an address, not a path', 'Write the absolute path of the file or folder');
  }
  const absolute = text.startsWith('/');
  if (!absolute && base === undefined) {
    return new CellMistake(
      'is not an absolute path',
      'Begin it with /, or say with --base DIR from which folder relative paths start',
    );
  }
  const parts = (absolute ? text : `${base}/${text}`)
    .split('/')
    .filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) return new CellMistake('has ".." in it', 'Write the path without ".."');
  const path = `/${parts.join('/')}`;
  if (path === '/') return new CellMistake('is the root of the file system', 'Name a file or a folder in it');
  if (Buffer.byteLength(path) > LONGEST_PATH) return new CellMistake(`is longer than ${LONGEST_PATH} bytes`);
  return path;
}

/** A path that is as it must be, found out at once: most are. */
const PLAIN_PATH = /^(?:\/[^/.][^/]*)+$/;

const PLACE = 'Say where it is: the path of a file or folder, or the room, shelf or address';

/** The folder from which relative locations start, as an absolute path. @throws Fault `base-missing` */
export function baseFolder(path: string): string {
  const folder = resolve(path);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return folder;
  throw badInput('base-missing', `There is no folder ${path}`, { hint: 'Check the path after --base' });
}
