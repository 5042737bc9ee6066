import { randomInt } from 'node:crypto';
import { type Extent, STRIDE, strides } from './device-io.js';

/** NIST SP 800-88 Rev. 1, 4.7: at least a thousand subsections, two samples in each, each 5 % of it. */
const SUBSECTIONS = 1_000;
const SAMPLE_SHARE = 0.05;
/** Below this all of a device is read at once. */
const SMALL = 64 * 1024 * 1024;
/** Marks beside the first and the last place. */
const MARKS = 62;

export interface Sampling {
  kind: 'full' | 'sampled';
  extents: readonly Extent[];
  /** Number of separate samples; 1 for a full reading. */
  samples: number;
}

/** @param unit smallest transfer in bytes, which the results are multiples of */
export function sampling(bytes: number, unit: number, kind: 'full' | 'sampled'): Sampling {
  if (kind === 'full' || bytes <= SMALL) return { kind: 'full', extents: [...strides(bytes)], samples: 1 };
  const aligned = (position: number) => Math.floor(position / unit) * unit;
  const length = Math.ceil(((bytes / SUBSECTIONS) * SAMPLE_SHARE) / unit) * unit;
  const extents: Extent[] = [{ position: 0, length: unit }];
  for (let at = 0; at < SUBSECTIONS; at += 1) {
    const [start, end] = [aligned((at * bytes) / SUBSECTIONS), aligned(((at + 1) * bytes) / SUBSECTIONS)];
    const middle = aligned((start + end) / 2);
    // One in each half of the subsection, so that the two never overlap.
    for (const [from, to] of [
      [start, middle],
      [middle, end],
    ] as const) {
      const room = Math.max(0, Math.floor((to - from - length) / unit));
      const position = from + randomInt(room + 1) * unit;
      for (const part of strides(length)) {
        extents.push({ position: position + part.position, length: part.length });
      }
    }
  }
  extents.push({ position: Math.floor((bytes - unit) / unit) * unit, length: unit });
  return { kind: 'sampled', extents, samples: 2 * SUBSECTIONS + 2 };
}

/** Places for marks: the first and the last, and one at random in each of equal parts. */
export function markPlaces(bytes: number, unit: number): Extent[] {
  const last = Math.floor((bytes - unit) / unit) * unit;
  const part = Math.floor(bytes / MARKS / unit) * unit;
  const places = new Set([0, last]);
  if (part >= unit) {
    for (let at = 0; at < MARKS; at += 1) places.add(at * part + randomInt(part / unit) * unit);
  }
  return [...places].toSorted((a, b) => a - b).map((position) => ({ position, length: unit }));
}

/** Smallest transfer that every device and O_DIRECT accept, in bytes. */
export function transferUnit(blockSize: number): number {
  return Math.min(STRIDE, Math.max(4096, blockSize));
}
