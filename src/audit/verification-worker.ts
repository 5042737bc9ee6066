import { parentPort, workerData } from 'node:worker_threads';
import { checkPack, type PackRequest } from './log-pack.js';
import { type CompiledModule, PackModule } from './pack-module.js';

// A thread of `log verify`: checks one stretch of the log after the other.
const module = PackModule.from(workerData as CompiledModule);
parentPort?.on('message', ({ id, request }: { id: number; request: PackRequest }) => {
  parentPort?.postMessage({ id, answer: module && checkPack(module, request) }, []);
});
