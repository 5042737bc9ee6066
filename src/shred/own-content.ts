import { type BigIntStats, read } from 'node:fs';
import { roundedSize } from './chunk-layout.js';
import type { DisposalEntry } from './disposal-target.js';
import { hasPlannedState } from './file-identity.js';
import { CHUNK, type OverwriteContent } from './overwrite-method.js';
import type { Throttle } from './throttle.js';

const ZEROS = Buffer.alloc(CHUNK);

function readAt(descriptor: number, into: Buffer, offset: number, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(descriptor, into, offset, into.length - offset, position, (error, count) =>
      error ? reject(error) : resolve(count),
    );
  });
}

/**
 * True when an open file holds nothing but what a run wrote into it, all of it compared: no other bytes, none
 * appended, none cut off. Whole chunks of zeros are the holes that the run left.
 * @param stat of the open file
 * @param contents what the run may have written, each with the file's own seed: after a mark the last pass, before it any
 * @throws a system error
 */
export async function holdsOnlyOurs(
  descriptor: number,
  stat: BigIntStats,
  entry: DisposalEntry,
  contents: readonly OverwriteContent[],
  throttle: Throttle | undefined,
): Promise<boolean> {
  const size = Number(stat.size);
  const planned = Number(entry.size);
  // A last chunk that is a hole is not extended to the block.
  if (size !== roundedSize(planned, stat) && size !== planned) return false;
  if (size === 0) return true;
  const buffer = Buffer.allocUnsafeSlow(Math.min(CHUNK, size));
  let wrote = false;
  for (let at = 0; at < size; at += CHUNK) {
    const wanted = Math.min(CHUNK, size - at);
    await throttle?.take(wanted);
    const chunk = buffer.subarray(0, wanted);
    for (let done = 0, got = -1; done < wanted; done += got) {
      got = await readAt(descriptor, chunk, done, at + done);
      if (got === 0) return false;
    }
    if (contents.some((content) => chunk.equals(content.at(at, wanted)))) wrote = true;
    else if (!chunk.equals(ZEROS.subarray(0, wanted))) return false;
  }
  // Only holes: nothing was written, and nothing may have been.
  return wrote || hasPlannedState(entry, stat);
}
