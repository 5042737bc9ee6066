import { existsSync, lstatSync, realpathSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** The nearest folder above the path that exists, with links resolved. */
export function nearestFolder(path: string): string {
  let existing = dirname(path);
  while (!existsSync(existing) && existing !== dirname(existing)) existing = dirname(existing);
  return realpathSync.native(existing);
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

/** True when a folder on the way to the location, as far as it exists, is a symbolic link. */
export function leadsThroughLink(location: string): boolean {
  let existing = dirname(resolve(location));
  while (!isThere(existing) && existing !== dirname(existing)) existing = dirname(existing);
  try {
    return realpathSync.native(existing) !== existing;
  } catch {
    return true;
  }
}
