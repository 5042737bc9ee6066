import { join } from 'node:path';
import type { Session } from '../session/index.js';

/** Where the keys and, unless a folder is named, the files of archives lie. */
export function archivePaths({ paths }: Pick<Session, 'paths'>): { keys: string; archives: string } {
  return { keys: join(paths.keys, 'archive'), archives: paths.archives };
}
