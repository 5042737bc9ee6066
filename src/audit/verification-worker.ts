import { parentPort } from 'node:worker_threads';
import { checkPack, type PackRequest } from './log-pack.js';

// A thread of `log verify`: checks one stretch of the log after the other.
parentPort?.on('message', ({ id, request }: { id: number; request: PackRequest }) => {
  parentPort?.postMessage({ id, answer: checkPack(request) }, []);
});
