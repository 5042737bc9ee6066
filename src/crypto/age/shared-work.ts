import {
  DIGEST_BYTES,
  SEALED_SEGMENT_BYTES,
  SEGMENT_BYTES,
  type SegmentJob,
  type SegmentMemory,
  type SegmentResult,
  type SegmentWorker,
} from './segment.js';

/** Places in `SharedWork.state`. */
const NEXT = 0;
const DONE = 1;
const STOPPED = 2;

/** A payload that lies in a file, and where its result goes. */
export interface FileWork {
  task: SegmentJob['task'];
  source: { fd: number; position: number; length: number };
  target: { fd: number; position: number } | 'discard';
}

/** What threads need that work on one file together: each takes the next segment until none is left. */
export interface SharedWork extends FileWork {
  segments: number;
  memory: SegmentMemory;
  /** Shared memory: the next segment, how many are done, and whether to stop. */
  state: Int32Array;
  /** Shared memory: the digest of each segment in turn; empty where none are wanted. */
  digests: Uint8Array;
}

/** @param memory its slots are not used */
export function shareWork(work: FileWork, memory: SegmentMemory): SharedWork {
  const size = work.task === 'seal' ? SEGMENT_BYTES : SEALED_SEGMENT_BYTES;
  const segments = Math.max(1, Math.ceil(work.source.length / size));
  const digestBytes = memory.digestKey.length === 0 ? 0 : segments * DIGEST_BYTES;
  return {
    ...work,
    segments,
    memory,
    state: new Int32Array(new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT)),
    digests: new Uint8Array(new SharedArrayBuffer(digestBytes)),
  };
}

/**
 * Does one segment that nobody has taken.
 *
 * @returns how it went; null where there is none left, or where work was stopped
 * @throws the file system's error
 */
export function takeSegment(work: SharedWork, worker: SegmentWorker): SegmentResult | null {
  if (Atomics.load(work.state, STOPPED) !== 0) return null;
  const segment = Atomics.add(work.state, NEXT, 1);
  if (segment >= work.segments) return null;
  const result = worker.run(jobOf(work, segment));
  if (result.digest) work.digests.set(result.digest, segment * DIGEST_BYTES);
  Atomics.add(work.state, DONE, 1);
  return result;
}

/** Lets no thread take a further segment. */
export function stopWork({ state }: SharedWork): void {
  Atomics.store(state, STOPPED, 1);
}

/** Plaintext bytes of the segments that are done, at most. */
export function bytesDone({ state }: SharedWork): number {
  return Atomics.load(state, DONE) * SEGMENT_BYTES;
}

function jobOf({ task, source, target, segments }: SharedWork, segment: number): SegmentJob {
  const [from, to] =
    task === 'seal' ? [SEGMENT_BYTES, SEALED_SEGMENT_BYTES] : [SEALED_SEGMENT_BYTES, SEGMENT_BYTES];
  return {
    task,
    segment,
    final: segment === segments - 1,
    source: { fd: source.fd, position: source.position + segment * from },
    length: Math.min(from, source.length - segment * from),
    target: target === 'discard' ? target : { fd: target.fd, position: target.position + segment * to },
  };
}
