import { type BigIntStats, fchmodSync } from 'node:fs';
import type { Reason } from '../model/index.js';
import { parseLsattr } from './extent-map.js';
import { errnoOf, reason } from './reasons.js';
import { runSystemTool, type ToolResult } from './system-tool.js';

/** Whether an error means that the file may not be changed, which its owner or root can lift. */
export function isProtection(error: unknown): boolean {
  const errno = errnoOf(error);
  return errno === 'EPERM' || errno === 'EACCES';
}

/** Whether a reason not to begin is one that can be lifted: an attribute as root, permission bits as the owner. */
export function mayBeLifted(obstacle: Reason, stat: BigIntStats): boolean {
  const user = process.geteuid?.();
  if (obstacle.code === 'immutable') return user === 0;
  return obstacle.code === 'no-permission' && user !== undefined && stat.uid === BigInt(user);
}

/**
 * Takes away what keeps a file or folder from being changed: the attributes `i` and `a` (chattr(1)), and missing
 * permission of the owner to write.
 *
 * @param path in a folder that is held open; `/proc/self` is put right for the tool, which is another process
 * @param file open for reading, with what it was when it was judged; undefined for a folder
 * @returns why it could not be done
 */
export async function liftProtection(
  path: Buffer,
  file: { descriptor: number; stat: BigIntStats } | undefined,
): Promise<Reason | undefined> {
  try {
    if (file !== undefined && (file.stat.mode & 0o200n) === 0n && process.geteuid?.() !== 0) {
      fchmodSync(file.descriptor, Number(file.stat.mode & 0o7777n) | 0o200);
      return undefined;
    }
  } catch {
    return reason('no-permission');
  }
  const run = await attributeTool('chattr', ['-i', '-a'], path);
  return run?.status === 'done' ? undefined : reason('immutable');
}

/** Whether a folder that is held open has the attribute `i` or `a`; false where that cannot be found out. */
export async function isProtected(path: Buffer): Promise<boolean> {
  const run = await attributeTool('lsattr', ['-d'], path);
  return run?.status === 'done' && /[ia]/.test(parseLsattr(run.stdout)[0] ?? '');
}

/** The tools take names and no descriptors. The folder is the very one; what has the name is looked at again later. */
async function attributeTool(tool: string, flags: string[], path: Buffer): Promise<ToolResult | undefined> {
  const own = '/proc/self/';
  const name = path.toString('utf8').replace(own, `/proc/${process.pid}/`);
  // A name that is not UTF-8 cannot be given to a program.
  if (!Buffer.from(name).includes(path.subarray(own.length))) return undefined;
  return await runSystemTool(tool, [...flags, '--', name]);
}
