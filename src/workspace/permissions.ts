import { existsSync, lstatSync } from 'node:fs';
import { refused } from '../model/index.js';

/**
 * Refuses a file of another account, which may have been put there on purpose. No file is no mistake.
 *
 * @param name what a person calls it, such as `the key file`
 * @throws Fault `file-of-another` (exit 4)
 */
export function requireOwn(path: string, name: string): void {
  if (process.platform === 'win32' || !existsSync(path)) return;
  const { uid } = lstatSync(path);
  if (uid === process.getuid?.()) return;
  throw refused('file-of-another', `Another account owns ${name} (uid ${uid})`, {
    hint: 'Find out who put it there; the owner of the workspace can remove it, and root give a restored file back with chown',
  });
}

/**
 * Refuses to use a file or folder that others than this account may read or write.
 *
 * @param name what a person calls it, such as `the key file`
 * @throws Fault `permissions-too-wide`, `file-of-another` (exit 4)
 */
export function requirePrivate(path: string, name: string): void {
  if (process.platform === 'win32') return;
  requireOwn(path, name);
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
