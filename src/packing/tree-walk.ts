import { realpathSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { foldedName, nameProblem } from './entry-name.js';
import { FolderList, type Kind, kindOf } from './folder-list.js';
import { FoundLinks } from './found-links.js';
import { linkProblem } from './link-target.js';
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

/** What is to be looked at next. */
interface Place {
  path: string;
  name: string;
  kind: Kind;
}

interface OpenFolder {
  path: string;
  name: string;
  list: FolderList;
}

/**
 * Everything below the paths, in an order that depends on names alone: each folder, then what is in it by code
 * unit; then all links. Each path is packed under its last name; one that is itself a link is followed. In memory are
 * the names of what lies in the folders that are open, and of the links.
 *
 * @param object what to do with what cannot be packed
 * @throws Fault `cannot-pack` (exit 2) where two paths have one name or one is not there; what `object` throws
 */
export function* walk(paths: readonly string[], object: Objection): Generator<FoundEntry> {
  const roots = withoutRivals(paths.map(rootOf), object);
  const links = new FoundLinks(new Map(roots.map(({ name, path }) => [name, path])));
  for (const root of roots) yield* below(root, links, object);
  for (const link of links.all()) {
    const problem = linkProblem(link.name, link.target, links);
    if (problem) object(link.path, problem);
    else yield { type: 'link', ...link };
  }
}

function rootOf(path: string): Place {
  const name = basename(resolve(path));
  if (name === '') throw unpackable(path, 'is a whole file system');
  try {
    const followed = realpathSync(path);
    return { path: followed, name, kind: kindOf(statSync(followed)) };
  } catch (error) {
    throw unpackable(path, 'is not there, or cannot be read', error);
  }
}

/** Sorts the paths by name, and takes out what cannot lie beside another one everywhere. */
function withoutRivals(roots: Place[], object: Objection): Place[] {
  const known = new Map<string, string>();
  return roots
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .filter(({ path, name }) => {
      const rival = known.get(foldedName(name));
      if (rival === undefined) known.set(foldedName(name), path);
      else object(path, rivalry(path, rival));
      return rival === undefined;
    });
}

function* below(root: Place, links: FoundLinks, object: Objection): Generator<FoundEntry> {
  const open: OpenFolder[] = [];
  for (let place: Place | undefined = root; place !== undefined; place = nextOf(open, object)) {
    const { path, name, kind } = place;
    const problem = nameProblem(name);
    if (problem) object(path, `has a name that ${problem}`);
    else if (kind === 'f') yield { type: 'file', path, name, target: '' };
    else if (kind === 'l') links.add(name);
    else if (kind === 'd') {
      const list = listOf(path, object);
      if (!list) continue;
      yield { type: 'folder', path, name, target: '' };
      open.push({ path, name, list });
    } else object(path, 'is no file, folder or link');
  }
}

function nextOf(open: OpenFolder[], object: Objection): Place | undefined {
  for (let folder = open.at(-1); folder !== undefined; folder = open.at(-1)) {
    const { path, name, list } = folder;
    const next = list.next((one, rival) =>
      object(join(path, one), rivalry(join(path, one), join(path, rival))),
    );
    if (next) return { path: join(path, next.name), name: `${name}/${next.name}`, kind: next.kind };
    open.pop();
  }
  return undefined;
}

function listOf(path: string, object: Objection): FolderList | null {
  try {
    return new FolderList(path);
  } catch (error) {
    object(path, 'cannot be read', error);
    return null;
  }
}

/** What makes two names of one key different is often not seen on a screen. */
function rivalry(path: string, rival: string): string {
  if (path === rival) return 'is named twice';
  const beside = `cannot be packed beside ${JSON.stringify(rival)}`;
  const [one, other] = [path, rival].map((each) => basename(each)) as [string, string];
  if (one === other) return `${beside}: both have the same name`;
  const difference =
    one.normalize('NFC') === other.normalize('NFC')
      ? 'in how an accent is written (Unicode normalization)'
      : 'in capitals, in how a letter is written or in invisible characters';
  return `${beside}: elsewhere both names are the same, as they differ ${difference} only`;
}
