import { lstatSync } from 'node:fs';
import { refused } from '../model/index.js';

/**
 * Refuses to use a file or folder that others than its owner may read or write.
 *
 * @param name what a person calls it, such as `the key file`
 * @throws Fault `permissions-too-wide` (exit 4)
 */
export function requirePrivate(path: string, name: string): void {
  if (process.platform === 'win32') return;
  const mode = lstatSync(path).mode & 0o777;
  if ((mode & 0o077) === 0) return;
  throw refused(
    'permissions-too-wide',
    `Others may use ${name} (mode ${mode.toString(8).padStart(4, '0')})`,
    {
      hint: `Run: chmod go= ${path}`,
    },
  );
}
