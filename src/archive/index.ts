export { type CreatedArchive, createArchive } from './archive-creation.js';
export {
  type ErasurePreview,
  eraseArchives,
  previewErasure,
} from './archive-erasure.js';
export { type ArchiveFacts, factsOf } from './archive-facts.js';
export { type ArchiveKeyFacts, archiveKey, makeArchiveKey } from './archive-key.js';
export { exportArchiveKey, openArchive, requireArchive } from './archive-opening.js';
export type { ArchiveRequest, ArchiveStep } from './archive-request.js';
export type { CopyStatements } from './erasure-conditions.js';
export { type Erasure, type ErasureStep, erasureEvent } from './erasure-records.js';
export type { KeyOpener } from './keyring.js';
