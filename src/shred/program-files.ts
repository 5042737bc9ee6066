import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What of the installation folder is the program: the rest of a checkout may hold anything. */
const PARTS = ['bin', 'dist', 'node_modules', 'package.json', 'oclif.manifest.json'];

function isOurPackage(folder: string): boolean {
  try {
    const parsed: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return typeof parsed === 'object' && parsed !== null && 'name' in parsed && parsed.name === 'quietus';
  } catch {
    return false;
  }
}

/** Every folder from the given one up to the root. */
function ancestors(folder: string): string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...ancestors(parent)];
}

/**
 * Absolute paths of the files and folders that this program runs from: its own, those of the packages it needs, and
 * the JavaScript runtime.
 */
export function programFiles(): string[] {
  const self = fileURLToPath(import.meta.url);
  const above = ancestors(dirname(self));
  const root = above.find((folder) => existsSync(join(folder, 'package.json')) && isOurPackage(folder));
  // Installed as a package, it lies with what it needs in one node_modules.
  const shared = above.filter((folder) => basename(folder) === 'node_modules');
  const own = root === undefined ? [self] : PARTS.map((name) => join(root, name));
  return [...own, ...shared, process.execPath];
}
