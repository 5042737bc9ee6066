import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, openSync, readSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished, type TestContext } from 'vitest';
import { temporaryFolder } from '../../temporary-folder.js';

/**
 * A loop device over a file that is filled with a marker, and that it reads past the page cache; detached when the test
 * ends.
 */
export interface LoopDevice {
  path: string;
  image: string;
  /** How often the bytes occur in the file below the device. */
  occurrences(of: string): number;
}

export const MARKER = 'MARKER SSN 078-05-1120 ';

/**
 * Skips the test where loop devices are not permitted.
 * @param folder for the file
 */
export function loopDevice(context: TestContext, bytes: number, folder = temporaryFolder()): LoopDevice {
  const image = join(folder, 'image');
  writeFileSync(image, '');
  truncateSync(image, bytes);
  const made = spawnSync('losetup', ['--direct-io=on', '--find', '--show', image]);
  if (made.status !== 0) context.skip('loop devices are not permitted here');
  const path = made.stdout.toString().trim();
  onTestFinished(() => {
    spawnSync('losetup', ['--detach', path]);
  });
  fill(path, bytes);
  return { path, image, occurrences: (of) => occurrences(image, of) };
}

function fill(path: string, bytes: number): void {
  const content = Buffer.alloc(bytes, MARKER);
  execFileSync('dd', [`of=${path}`, 'bs=1M', 'conv=fsync', 'status=none'], {
    input: content,
    maxBuffer: 2 * bytes,
  });
}

function occurrences(image: string, of: string): number {
  const content = Buffer.alloc(statSync(image).size);
  const file = openSync(image, 'r');
  readSync(file, content, 0, content.length, 0);
  closeSync(file);
  let count = 0;
  for (let at = content.indexOf(of); at >= 0; at = content.indexOf(of, at + 1)) count += 1;
  return count;
}
