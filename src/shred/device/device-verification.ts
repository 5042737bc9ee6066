import { createHash } from 'node:crypto';
import type { Reason } from '../../model/index.js';
import { readsImageFromCache } from '../linux-medium-inspector.js';
import type { DeviceFacts } from './device-facts.js';
import { type Extent, keystream, OpenDevice, STRIDE } from './device-io.js';
import { deviceReason } from './device-reasons.js';
import { markPlaces, type Sampling, sampling, transferUnit } from './device-sampling.js';
import type { DeviceVerification, Technique } from './device-sanitizer.js';

export const NOT_VERIFIED: DeviceVerification = {
  kind: 'none',
  result: 'not-performed',
  bytesRead: 0,
  samples: 0,
  found: null,
  readFrom: null,
};

/**
 * Marks that must be gone afterwards. A tool that reports success and did nothing leaves them; what the device held
 * before would not do, because it may have been zeros.
 */
export interface Marks {
  seed: string;
  places: readonly Extent[];
}

/** Marks for a device, not written yet: what is to be remembered before anything is written. */
export function planMarks(device: DeviceFacts, seed: string): Marks {
  return { seed, places: markPlaces(device.bytes, transferUnit(device.blockSize)) };
}

/**
 * Writes marks over a device that is about to be sanitized.
 * @returns how many the device took; of one that takes none nothing can be proved
 */
export async function placeMarks(device: DeviceFacts, { seed, places }: Marks): Promise<number> {
  const open = new OpenDevice(device.path, 'write');
  let placed = 0;
  try {
    await open.writeAll(
      places,
      (extent) => mark(seed, extent),
      (_extent, written) => {
        if (written) placed += 1;
      },
    );
    await open.flush();
  } finally {
    open.close();
  }
  return placed;
}

function mark(seed: string, { position, length }: Extent): Buffer {
  return keystream(`${seed}\n${position}`, 0, length);
}

/**
 * Reads the device back: the marks, then all of it or samples (NIST SP 800-88 Rev. 1, 4.7).
 *
 * @param seed of the keystream, for a technique that leaves one
 * @param unwritten parts that could not be written, which are reported elsewhere
 */
export async function verifyDevice(
  device: DeviceFacts,
  technique: Technique,
  context: {
    marks: Marks | null;
    seed: string;
    kind: Sampling['kind'];
    unwritten?: readonly Extent[];
    signal?: AbortSignal | undefined;
    onProgress?: ((fraction: number) => void) | undefined;
  },
): Promise<{ verification: DeviceVerification; reasons: Reason[] }> {
  const open = new OpenDevice(device.path, 'read');
  try {
    const reasons: Reason[] = [];
    if (context.marks !== null && (await marksLeft(open, context.marks)))
      reasons.push(deviceReason('marks-found'));
    const plan = sampling(device.bytes, transferUnit(device.blockSize), context.kind);
    const reading = new Reading(technique, context.seed, context.unwritten ?? []);
    let done = 0;
    await open.readAll(
      plan.extents,
      (content, extent) => {
        reading.take(content, extent);
        done += 1;
        context.onProgress?.(done / plan.extents.length);
      },
      context.signal,
    );
    if (context.signal?.aborted) reasons.push(deviceReason('stopped'));
    reasons.push(...reading.reasons());
    const cached = !open.direct || readsImageFromCache(device.number);
    if (cached) reasons.push(deviceReason('page-cache'));
    return {
      verification: {
        kind: plan.kind,
        result: reasons.some(({ code }) => code !== 'page-cache') ? 'failed' : 'passed',
        bytesRead: reading.bytes,
        samples: plan.samples,
        found: reading.found,
        readFrom: cached ? 'page-cache' : 'medium',
      },
      reasons,
    };
  } finally {
    open.close();
  }
}

async function marksLeft(open: OpenDevice, { seed, places }: Marks): Promise<boolean> {
  let left = false;
  await open.readAll(places, (content, extent) => {
    if (content?.equals(mark(seed, extent))) left = true;
  });
  return left;
}

/** What was read so far. */
class Reading {
  bytes = 0;
  #errors = false;
  #differs = false;
  #firstByte: number | null = null;
  #uniform = true;

  constructor(
    private readonly technique: Technique,
    private readonly seed: string,
    private readonly unwritten: readonly Extent[],
  ) {}

  get found(): DeviceVerification['found'] {
    if (this.bytes === 0) return null;
    if (!this.#uniform) return 'mixed';
    return this.#firstByte === 0 ? 'zeros' : 'uniform';
  }

  take(content: Buffer | null, extent: Extent): void {
    const bad = this.unwritten.filter((each) => overlap(each, extent));
    if (content === null) {
      // What could not be written need not be readable; it is reported as that.
      if (bad.length === 0) this.#errors = true;
      return;
    }
    this.bytes += content.length;
    this.#firstByte ??= content[0] ?? null;
    if (this.#uniform && !isOnly(content, this.#firstByte ?? 0)) this.#uniform = false;
    if (this.technique.leaves === 'keystream' && !content.equals(this.#expected(extent, content, bad)))
      this.#differs = true;
  }

  reasons(): Reason[] {
    const found: Reason[] = [];
    if (this.#errors) found.push(deviceReason('read-errors'));
    if (this.#differs) found.push(deviceReason('content-left'));
    return found;
  }

  /** What must stand there, where it could be written. */
  #expected(extent: Extent, content: Buffer, bad: readonly Extent[]): Buffer {
    const expected = this.#written(extent);
    for (const { position, length } of bad) {
      const from = Math.max(0, position - extent.position);
      content.copy(expected, from, from, Math.min(extent.length, position + length - extent.position));
    }
    return expected;
  }

  #written({ position, length }: Extent): Buffer {
    const start = Math.floor(position / STRIDE) * STRIDE;
    const from = position - start;
    if (from + length <= STRIDE) return keystream(this.seed, start, from + length).subarray(from);
    const head = keystream(this.seed, start, STRIDE).subarray(from);
    return Buffer.concat([head, keystream(this.seed, start + STRIDE, from + length - STRIDE)]);
  }
}

function overlap(a: Extent, b: Extent): boolean {
  return a.position < b.position + b.length && b.position < a.position + a.length;
}

function isOnly(content: Buffer, byte: number): boolean {
  if (content[0] !== byte) return false;
  return content.subarray(1).equals(content.subarray(0, -1));
}

/** SHA-256 of a part of the device, hex; null where it could not be read. */
export async function digestOf(path: string, extents: Iterable<Extent>): Promise<string | null> {
  const open = new OpenDevice(path, 'read');
  const parts = new Map<number, string | null>();
  try {
    await open.readAll(extents, (content, { position }) => {
      parts.set(position, content && createHash('sha256').update(content).digest('hex'));
    });
  } finally {
    open.close();
  }
  const all = [...parts].toSorted(([a], [b]) => a - b).map(([, digest]) => digest);
  return all.includes(null) ? null : createHash('sha256').update(all.join('\n')).digest('hex');
}
