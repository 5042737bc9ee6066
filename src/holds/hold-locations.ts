import type { InventoryItem } from '../model/index.js';
import { addAll, byCodeUnits, foldedName, type HoldIndex, indexHolds } from './hold-index.js';

type Place = Pick<InventoryItem, 'medium' | 'location'>;

/**
 * An absolute path without `.`, `..`, doubled or closing slashes, in Unicode normalization form C, so that two
 * spellings of one place are one text. The root is `/`.
 */
export function normalizedPath(path: string): string {
  const text = path.normalize('NFC');
  if (!/\/\/|\/\.{1,2}(?:\/|$)|.\/$/.test(text)) return text;
  const segments: string[] = [];
  for (const segment of text.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  return `/${segments.join('/')}`;
}

/** Adds the holds whose locations reach an item; see `holdsOn`. */
export function compileLocations(
  entries: readonly [string, string][],
): (item: Place, found: Set<string>) => void {
  const paths = indexHolds(
    entries.filter(([value]) => value.startsWith('/')),
    normalizedPath,
  );
  const sorted = [...paths.keys()].toSorted(byCodeUnits);
  const texts = indexHolds(entries, (value) => foldedName(value).replace(/(?<=.)\/+$/, ''));
  const lengths = [...new Set([...texts.keys()].map((text) => text.length))].toSorted((a, b) => a - b);
  return (item, found) => {
    const { location, medium } = item;
    if (location.startsWith('/')) {
      const path = normalizedPath(location);
      addHoldsAbove(path, paths, found);
      addHoldsBelow(path, paths, sorted, found);
    }
    if (medium === 'file' || medium === 'folder') return;
    const text = foldedName(location);
    for (const length of lengths) {
      if (length > text.length) break;
      addAll(found, texts.get(text.slice(0, length)));
    }
  };
}

/** Holds on the path itself or on a folder that it lies in. */
function addHoldsAbove(path: string, paths: HoldIndex, found: Set<string>): void {
  addAll(found, paths.get('/'));
  for (let end = path.indexOf('/', 1); end !== -1; end = path.indexOf('/', end + 1)) {
    addAll(found, paths.get(path.slice(0, end)));
  }
  addAll(found, paths.get(path));
}

/** Holds on something inside the path. */
function addHoldsBelow(path: string, paths: HoldIndex, sorted: readonly string[], found: Set<string>): void {
  const prefix = path === '/' ? '/' : `${path}/`;
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? '') < prefix) low = middle + 1;
    else high = middle;
  }
  for (let at = low; at < sorted.length; at += 1) {
    const held = sorted[at] ?? '';
    if (!held.startsWith(prefix)) return;
    addAll(found, paths.get(held));
  }
}
