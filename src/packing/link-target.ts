import { nameProblem } from './entry-name.js';

const MAX_LINKS = 40;

/** All symbolic links of a tree. */
export interface TreeLinks {
  /** What the link says that lies there; undefined where none does. */
  target(path: string): string | undefined;
  /** Whether a path is a link only where case and normalization do not count: what it leads to differs by system. */
  isLinkElsewhere(path: string): boolean;
}

/**
 * Why a symbolic link may not stand in a pack, the same for whoever packs and whoever extracts.
 *
 * @param path of the link, from the root of the tree
 * @param target what the link says
 * @returns the rest of a sentence that begins with the link, or null where it may
 */
export function linkProblem(path: string, target: string, links: TreeLinks): string | null {
  const folder = path.split('/').slice(0, -1);
  if (target.startsWith('/') || resolve(folder, target, links, { left: MAX_LINKS }) === null) {
    return 'is a link that leaves what is packed, and would mean something else elsewhere';
  }
  const parts = target.split('/').filter((part) => part !== '' && part !== '.' && part !== '..');
  const problem = parts.length === 0 ? null : nameProblem(parts.join('/'));
  return problem && `is a link to a name that ${problem}`;
}

/**
 * Goes part by part, as the kernel does: `..` of a link is the folder above what the link points to. Null where the
 * way leaves the tree, or would be another one on a file system that ignores case or normalization.
 */
function resolve(
  from: readonly string[],
  target: string,
  links: TreeLinks,
  budget: { left: number },
): string[] | null {
  if (target === '' || target.startsWith('/')) return null;
  let place = [...from];
  for (const part of target.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') {
      if (place.length === 0) return null;
      place.pop();
      continue;
    }
    const path = [...place, part].join('/');
    if (links.isLinkElsewhere(path)) return null;
    const next = links.target(path);
    if (next === undefined) {
      place.push(part);
      continue;
    }
    budget.left -= 1;
    const reached = budget.left < 0 ? null : resolve(place, next, links, budget);
    if (reached === null) return null;
    place = reached;
  }
  return place;
}
