export { alignedBuffers } from './aligned-memory.js';
export {
  type BlockLayer,
  type DiskFacts,
  deviceNumber,
  isEncryptedThroughout,
  type LayerKind,
  layersOf,
  readBlockStack,
} from './block-stack.js';
export { type DisposalOptions, destroy } from './destruction.js';
export { type DeviceFacts, type DeviceKind, readDeviceFacts } from './device/device-facts.js';
export { absentMountPoints } from './device/device-mounts.js';
export type {
  DeviceVerification,
  SanitizationMethod,
  SanitizationType,
  Technique,
} from './device/device-sanitizer.js';
export { deviceSpellings } from './device/device-spellings.js';
export { deviceObjections } from './device/device-use.js';
export type { Marks } from './device/device-verification.js';
export {
  type DeviceJournal,
  residualOf,
  type SanitizationOptions,
  type SanitizationOutcome,
  sanitizeDevice,
  settleSanitization,
} from './device/sanitization.js';
export {
  chooseTechnique,
  type OfferedTechnique,
  offeredTechniques,
  sanitizerOf,
} from './device/sanitizer-choice.js';
export { readsFromMedium } from './direct-reading.js';
export { createExaminer, examine } from './disk-examiner.js';
export { isOnRotatingDisks } from './disk-rotation.js';
export type {
  BeginAnswer,
  DisposalJournal,
  DisposalRequest,
  OverwrittenMark,
} from './disposal-journal.js';
export type {
  DisposalEntry,
  DisposalStep,
  DisposalTarget,
  EntryState,
  FileOutcome,
  PendingDisposal,
  PendingEntry,
  PlannedEntry,
  TargetOutcome,
  VerifiedFrom,
} from './disposal-target.js';
export { matchingEntries } from './entry-evidence.js';
export { type EntryPages, HELD, PAGE } from './entry-pages.js';
export { entryPathBytes, entryPathText } from './entry-path.js';
export type { Examination, ExaminationOptions, Examiner } from './examination.js';
export type { FileSystemFacts } from './file-system-facts.js';
export { TreeChanged } from './folder-tree.js';
export {
  assessFreeSpace,
  type FreeSpaceAssessment,
  type FreeSpaceOptions,
  type FreeSpaceOutcome,
  wipeFreeSpace,
} from './free-space.js';
export { emptyOutcome } from './item-work.js';
export type { LinkedNames } from './linked-names.js';
export { judgeFileSystem } from './linux-medium-inspector.js';
export type { Assessment, MediumFacts, MediumInspector } from './medium-inspector.js';
export { inspectMedium, type MediumReport, parseSmartctl } from './medium-report.js';
export { METHOD_LIMITS } from './method-limits.js';
export type { MethodVerdict, Reach } from './method-verdict.js';
export {
  DEFAULT_METHOD,
  describeMethod,
  OVERWRITE_METHOD_IDS,
  type OverwriteMethodId,
} from './overwrite-method.js';
export { createMediumInspector } from './platform-inspector.js';
export { isPassing } from './reasons.js';
export { resume } from './resumption.js';
export { Throttle } from './throttle.js';
export type { TrimOutcome } from './trim.js';
