// A thread that seals or opens segments of a payload. It owns no file: descriptors and memory come from who
// started it, who also outlives it.
import { parentPort, workerData } from 'node:worker_threads';
import type { PoolAnswer, PoolRequest } from './payload-pool.js';
import { type SegmentMemory, SegmentWorker } from './segment.js';

const worker = new SegmentWorker(workerData as SegmentMemory);
parentPort?.on('message', ({ id, job }: PoolRequest) => {
  if (job === null) {
    worker.clear();
    parentPort?.close();
    return;
  }
  let answer: PoolAnswer;
  try {
    answer = { id, result: worker.run(job), failure: null };
  } catch (error) {
    const { message, code, errno, syscall } = error as NodeJS.ErrnoException;
    answer = { id, result: null, failure: { message, code, errno, syscall } };
  }
  const bytes = answer.result?.bytes;
  parentPort?.postMessage(answer, bytes ? [bytes.buffer as ArrayBuffer] : []);
});
