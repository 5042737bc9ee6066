import type { VerifiedFrom } from './disposal-target.js';
import { isKeptInMemory } from './linux-medium-inspector.js';
import type { Assessment } from './medium-inspector.js';
import { createMediumInspector } from './platform-inspector.js';

/** Storage that answers from the memory of another machine, of a process, or of a layer above, whatever is asked of it. */
const ANSWERED_BY_OTHERS = new Set([
  'network-storage',
  'user-space-file-system',
  'overlay-lower-layer',
  'file-system-unknown',
]);

/**
 * Whether what is read past the page cache at a place comes from a medium of this machine, and not from memory, another
 * machine, a program, or the cache below a loop device.
 */
function isAnsweredByMedium({ fileSystem, residual, limits }: Assessment): boolean {
  if (isKeptInMemory(fileSystem) || limits.some(({ code }) => code === 'image-cache')) return false;
  return !residual.some(({ code }) => ANSWERED_BY_OTHERS.has(code));
}

/** Where something was verified from that was read past the page cache, or not, at a place. */
export function sourceAt(place: Assessment, from: VerifiedFrom): VerifiedFrom {
  return isAnsweredByMedium(place) ? from : 'page-cache';
}

/**
 * Whether what is read past the page cache in a folder comes from a medium of this machine.
 *
 * @param folder canonical path
 */
export function readsFromMedium(folder: string): boolean {
  return isAnsweredByMedium(createMediumInspector().inspect(folder).assessment);
}
