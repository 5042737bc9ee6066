export { type Pack, type PackOptions, type PackSummary, pack } from './pack.js';
export { isGzip, isPack } from './pack-mark.js';
export { type UnpackOptions, type UnpackSummary, unpack } from './unpack.js';
