import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Name and version of this program, from the package.json above this file, wherever a build has put it. */
export function thisTool(): { name: string; version: string } {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const path = join(folder, 'package.json');
    if (existsSync(path)) {
      const { name, version } = JSON.parse(readFileSync(path, 'utf8')) as { name?: string; version?: string };
      if (name === 'quietus' && version !== undefined) return { name: 'Quietus', version };
    }
    if (folder === dirname(folder)) throw new Error('The package.json of quietus was not found');
  }
}
