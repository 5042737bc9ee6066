export { nameProblem } from './entry-name.js';
export type { UnpackOptions, UnpackSummary } from './extraction.js';
export { type Pack, type PackOptions, type PackSummary, pack } from './pack.js';
export { isGzip, isPack } from './pack-mark.js';
export { unpack } from './unpack.js';
