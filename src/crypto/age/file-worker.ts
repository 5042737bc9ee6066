// A thread that works on a file together with others. It owns no file: descriptors and memory come from who started
// it, who also outlives it.
import { parentPort, workerData } from 'node:worker_threads';
import type { FileProblem } from './file-conversion.js';
import { SegmentWorker } from './segment.js';
import { type SharedWork, stopWork, takeSegment } from './shared-work.js';

const work = workerData as SharedWork;
const worker = new SegmentWorker(work.memory);
let problem: FileProblem | null = null;
try {
  for (let result = takeSegment(work, worker); result !== null; result = takeSegment(work, worker)) {
    if (!result.intact) {
      problem = { short: result.short };
      break;
    }
  }
} catch (error) {
  const { message, code, errno, syscall } = error as NodeJS.ErrnoException;
  problem = { failure: { message, code, errno, syscall } };
}
worker.clear();
if (problem !== null) {
  stopWork(work);
  parentPort?.postMessage(problem, []);
}
