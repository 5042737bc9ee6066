import { lstatSync, realpathSync, type Stats } from 'node:fs';
import { basename, dirname, isAbsolute, join, resolve, sep } from 'node:path';
import { badInput, type Reason } from '../model/index.js';

/** Linux's PATH_MAX without its final NUL. */
const LONGEST_NAME = 4095;
const MOST_NAMES = 1_000_000;
const MOST_BYTES = 256 * 1024 * 1024;

/**
 * Reads names that are each closed by a NUL, as `find -print0` writes them; the last one may end with the input.
 *
 * @throws Fault `names-too-many`, `name-empty`, `name-too-long`, `name-not-utf8` (exit 2)
 */
export async function readNames0(input: AsyncIterable<Uint8Array>): Promise<string[]> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const names: string[] = [];
  let rest = Buffer.alloc(0);
  let bytes = 0;
  const take = (name: Uint8Array): void => {
    names.push(readName(name, names.length + 1, decoder));
  };
  for await (const chunk of input) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES || names.length > MOST_NAMES) {
      throw badInput('names-too-many', `More than ${MOST_NAMES} names, or more than 256 MiB of them`, {
        hint: 'Dispose of the folders that hold the files, or in several runs',
      });
    }
    let data = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
    for (let end = data.indexOf(0); end !== -1; end = data.indexOf(0)) {
      take(data.subarray(0, end));
      data = data.subarray(end + 1);
    }
    rest = data;
    if (rest.length > LONGEST_NAME) throw tooLong(names.length + 1);
  }
  if (rest.length > 0) take(rest);
  return names;
}

function readName(name: Uint8Array, position: number, decoder: InstanceType<typeof TextDecoder>): string {
  if (name.length === 0) {
    throw badInput('name-empty', `Name ${position} of the input is empty`, {
      hint: 'Close each name with one NUL, as find -print0 does',
    });
  }
  if (name.length > LONGEST_NAME) throw tooLong(position);
  try {
    return decoder.decode(name);
  } catch {
    throw notUtf8(position);
  }
}

function tooLong(position: number): Error {
  return badInput('name-too-long', `Name ${position} of the input is longer than ${LONGEST_NAME} bytes`, {
    hint: 'Names are closed by NUL, not by line ends: use find -print0 or tr "\\n" "\\0"',
  });
}

function notUtf8(position: number): Error {
  return badInput('name-not-utf8', `Name ${position} is not valid UTF-8`, {
    hint: 'Dispose of the folder that holds it: what lies in a folder may have any name',
  });
}

/** Where a name that a person gave leads. */
export interface NamedPlace {
  /** The canonical path, free of symbolic links in its folders; a link at its end is not followed. */
  location: string;
  /** The path as it was named, where it leads through a symbolic link: the inventory or a hold may know it by that. */
  alias: string | null;
  stat: Stats;
}

/** Where a name leads, whether something is there or not; undefined where its folder is not there either. */
export function locationOf(name: string, folder: string): string | undefined {
  const text = trimmed(isAbsolute(name) ? name : join(folder, '.') + sep + name);
  try {
    return join(realpathSync.native(dirname(text)), basename(text));
  } catch {
    return undefined;
  }
}

/**
 * Finds what a name means, as the kernel does: `..` after a symbolic link leads where the link leads. A link at the
 * end is not followed, and neither is one that an account which may not be trusted could have put on the way.
 *
 * @param name as it was typed
 * @param folder where relative names start
 */
export function placeOf(name: string, folder: string): NamedPlace | Reason {
  if (name.includes('\uFFFD')) {
    return refusal('name-not-utf8', 'Its name is not valid UTF-8; dispose of the folder that holds it');
  }
  const text = trimmed(isAbsolute(name) ? name : join(folder, '.') + sep + name);
  const last = basename(text);
  if (text === sep || last === '' || last === '.' || last === '..') return endsInDots(text);
  let parent: string;
  let stat: Stats | undefined;
  try {
    parent = realpathSync.native(dirname(text));
    stat = lstatSync(join(parent, last), { throwIfNoEntry: false });
  } catch (error) {
    return unreachable(error);
  }
  if (stat === undefined) return refusal('absent', 'Nothing is at this location');
  const location = join(parent, last);
  if (parent === resolve(dirname(text))) return { location, alias: null, stat };
  return distrustOf(dirname(text), parent) ?? { location, alias: resolve(text), stat };
}

function trimmed(path: string): string {
  let end = path.length;
  while (end > 1 && path[end - 1] === sep) end -= 1;
  return path.slice(0, end);
}

/** `.`, `..` and the root name folders that somebody works in, or that hold them. */
function endsInDots(path: string): NamedPlace | Reason {
  try {
    const location = realpathSync.native(path);
    const stat = lstatSync(location);
    if (location === resolve(path)) return { location, alias: null, stat };
    return distrustOf(path, location) ?? { location, alias: resolve(path), stat };
  } catch (error) {
    return unreachable(error);
  }
}

function unreachable(error: unknown): Reason {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') return refusal('absent', 'Nothing is at this location');
  if (code === 'EACCES' || code === 'EPERM') {
    return refusal('no-permission', 'This account may not look into the folder that it lies in');
  }
  if (code === 'ELOOP' || code === 'ENAMETOOLONG')
    return refusal('path-unusable', `Its path cannot be followed (${code})`);
  throw error;
}

/**
 * Why a way through symbolic links is not taken: one of them belongs to somebody else than this account and root, or
 * it ends in a folder of somebody else. Whoever may make a link there could point it at another person's files.
 */
function distrustOf(folder: string, parent: string): Reason | undefined {
  const own = process.getuid?.();
  if (own === undefined) return undefined;
  const trusted = (uid: number): boolean => uid === own || uid === 0;
  const reason = refusal(
    'link-into-another-account',
    'Its path leads through a symbolic link of another account, or into a folder of one; name the real path',
  );
  if (!trusted(lstatSync(parent).uid)) return reason;
  // As it is written: a link with ".." behind it is followed, too.
  for (let path = folder; path !== dirname(path); path = dirname(path)) {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat?.isSymbolicLink() && !trusted(stat.uid)) return reason;
  }
  return undefined;
}

function refusal(code: string, text: string): Reason {
  return { code, text };
}

/** Whether a folder is the root of a git repository: a work tree, or a bare one. */
export function isRepository(folder: string): boolean {
  const has = (name: string): boolean =>
    lstatSync(join(folder, name), { throwIfNoEntry: false }) !== undefined;
  try {
    return has('.git') || (has('HEAD') && has('objects') && has('refs'));
  } catch {
    return false;
  }
}
