import { closeSync, openSync, readSync } from 'node:fs';

const STEP = 64 * 1024;

/**
 * Reads a file that somebody named, whatever it is: the size that a pipe or a device states says nothing of how much
 * comes out of it.
 *
 * @param most bytes that a fit file has at most
 * @returns its bytes; one byte more than `most` where there are more
 * @throws what the operating system says
 */
export function readAtMost(path: string, most: number): Buffer {
  const file = openSync(path, 'r');
  try {
    const parts: Buffer[] = [];
    let total = 0;
    while (total <= most) {
      const part = Buffer.allocUnsafe(Math.min(STEP, most + 1 - total));
      const count = readSync(file, part, 0, part.length, null);
      if (count === 0) break;
      parts.push(part.subarray(0, count));
      total += count;
    }
    return Buffer.concat(parts, total);
  } finally {
    closeSync(file);
  }
}
