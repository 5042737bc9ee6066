export { type Pack, type PackOptions, type PackSummary, pack } from './pack.js';
export { isPack } from './pack-mark.js';
export { type UnpackOptions, type UnpackSummary, unpack } from './unpack.js';
