export type { SheetKind } from './companion-places.js';
export {
  type DecryptionRequest,
  type DecryptionResult,
  decryptTransfer,
  recordDecryption,
} from './decryption.js';
export { inspectFile } from './encrypted-file.js';
export type { EncryptionResult } from './encryption.js';
export { type Handover, handOver } from './handover.js';
export { checkMedia, type MediaCheck, type MediaFinding } from './media-check.js';
export { type EncryptionRequest, encryptTransfer } from './path-encryption.js';
export { inspectMedium, type MediumFacts } from './portable-medium.js';
export type { Reencryption } from './re-encryption.js';
export { type ReencryptionRun, reencryptPaths } from './re-encryption-run.js';
export { cutOffTransfers } from './transfer-record.js';
