import { createHash, randomBytes } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

const NAME = /^\.quietus-plain-([0-9a-f]{8})-(\d+)-[0-9a-f]{8}\.tmp$/;

/**
 * Name for plaintext that is not complete yet. It says which process of which machine writes it, so that a later one
 * can tell what a killed process left behind.
 */
export function unfinishedName(): string {
  return `.quietus-plain-${machine()}-${process.pid}-${randomBytes(4).toString('hex')}.tmp`;
}

/** Plaintext of this account in a folder that a process of this machine began and did not finish: paths. */
export function unfinishedIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => {
      const [, host, pid] = NAME.exec(name) ?? [];
      return host === machine() && !isRunning(Number(pid)) && isOwn(join(folder, name));
    })
    .map((name) => join(folder, name));
}

/** What somebody else has left, in a folder that all may write to, is theirs. */
function isOwn(path: string): boolean {
  const owner = lstatSync(path, { throwIfNoEntry: false })?.uid;
  return owner !== undefined && (process.getuid === undefined || owner === process.getuid());
}

/** Removes plaintext that killed processes left in a folder. @returns how many files and folders were there */
export async function removeUnfinished(folder: string): Promise<number> {
  const left = unfinishedIn(folder);
  for (const path of left) await rm(path, { recursive: true, force: true });
  return left.length;
}

/** Whether there is such a process on this machine, and it has not ended. */
export function isRunning(pid: number): boolean {
  if (pid === process.pid) return true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return !isZombie(pid);
}

/** A process that has ended keeps its number until its parent asks, which some never do: it works on nothing any more. */
function isZombie(pid: number): boolean {
  try {
    // The program's name stands in parentheses before it, and may hold some itself.
    return /^.*\) [ZX] /s.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    // Gone meanwhile, which the next look tells, or a system that has no such files.
    return false;
  }
}

/** Tells machines apart that share a folder, without telling their names to it. */
function machine(): string {
  return createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
}
