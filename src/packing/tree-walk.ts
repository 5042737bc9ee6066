import { type Dirent, readdirSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { foldedName, nameProblem } from './entry-name.js';
import { LinkTable, linkProblem } from './link-target.js';
import { unpackable } from './packing-faults.js';

/** Something found below the paths that are packed. */
export interface FoundEntry {
  type: 'file' | 'folder' | 'link';
  /** Where it is on this machine. */
  path: string;
  /** Its name in the pack. */
  name: string;
  /** Where a link points; otherwise empty. */
  target: string;
}

/** Is told of what cannot be packed; throws where that ends everything. */
export type Objection = (path: string, why: string, cause?: unknown) => void;

interface Place {
  path: string;
  name: string;
  entry: Pick<Dirent, 'isFile' | 'isDirectory' | 'isSymbolicLink'>;
}

/**
 * Everything below the paths, in an order that depends on names alone: each folder, then what is in it by code
 * unit; then all links. Each path is packed under its last name; one that is itself a link is followed.
 *
 * @param object what to do with what cannot be packed
 * @throws Fault `cannot-pack` (exit 2) where two paths have one name or one is not there; what `object` throws
 */
export function* walk(paths: readonly string[], object: Objection): Generator<FoundEntry> {
  const links = new Map<string, FoundEntry>();
  const roots = paths.map(rootOf);
  for (const place of withoutRivals(roots, (path, why) => object(path, why)).toReversed()) {
    yield* below(place, links, object);
  }
  const table = new LinkTable([...links.values()].map(({ name, target }) => [name, target]));
  for (const link of links.values()) {
    const problem = linkProblem(link.name, link.target, table);
    if (problem) object(link.path, problem);
    else yield link;
  }
}

function rootOf(path: string): Place {
  const name = basename(resolve(path));
  if (name === '') throw unpackable(path, 'is a whole file system');
  try {
    const followed = realpathSync(path);
    return { path: followed, name, entry: statSync(followed) };
  } catch (error) {
    throw unpackable(path, 'is not there, or cannot be read', error);
  }
}

function* below(root: Place, links: Map<string, FoundEntry>, object: Objection): Generator<FoundEntry> {
  const waiting = [root];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { path, name, entry } = next;
    const problem = nameProblem(name);
    if (problem) object(path, `has a name that ${problem}`);
    else if (entry.isFile()) yield { type: 'file', path, name, target: '' };
    else if (entry.isSymbolicLink())
      links.set(name, { type: 'link', path, name, target: readlinkSync(path) });
    else if (entry.isDirectory()) {
      const content = list(path, object);
      if (!content) continue;
      yield { type: 'folder', path, name, target: '' };
      const places = content.map((found) => ({
        path: join(path, found.name),
        name: `${name}/${found.name}`,
        entry: found,
      }));
      waiting.push(...withoutRivals(places, object));
    } else object(path, 'is no file, folder or link');
  }
}

function list(path: string, object: Objection): Dirent[] | null {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch (error) {
    object(path, 'cannot be read', error);
    return null;
  }
}

/** Sorts what lies side by side, the last first, and takes out what cannot lie there together everywhere. */
function withoutRivals(places: Place[], object: Objection): Place[] {
  const known = new Map<string, string>();
  return places
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .filter(({ path, name }) => {
      const key = foldedName(name);
      const rival = known.get(key);
      known.set(key, path);
      if (rival !== undefined)
        object(path, `cannot be packed beside ${JSON.stringify(rival)}: elsewhere both names are the same`);
      return rival === undefined;
    })
    .toReversed();
}
