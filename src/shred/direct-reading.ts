import { isKeptInMemory } from './linux-medium-inspector.js';
import { createMediumInspector } from './platform-inspector.js';

/** File systems that answer from the memory of another machine, of a process, or of a layer above, whatever is asked of them. */
const ANSWERED_BY_OTHERS = new Set([
  'network-storage',
  'user-space-file-system',
  'overlay-lower-layer',
  'file-system-unknown',
]);

/**
 * Whether what is read past the page cache in a folder comes from a medium of this machine, and not from memory, another
 * machine or a program.
 *
 * @param folder canonical path
 */
export function readsFromMedium(folder: string): boolean {
  const { fileSystem, residual } = createMediumInspector().inspect(folder).assessment;
  return !isKeptInMemory(fileSystem) && !residual.some(({ code }) => ANSWERED_BY_OTHERS.has(code));
}
