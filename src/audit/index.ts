export {
  type Checkpoint,
  openCheckpoint,
  type TreeHead,
} from './checkpoint.js';
export type { LogProblem, OutsideCheckpoint } from './checkpoint-checks.js';
export {
  type TimestampedCheckpoint,
  takeTimestampResponse,
  timestampCheckpoint,
  writeTimestampRequest,
} from './checkpoint-timestamps.js';
export { acceptClock } from './clock-acceptance.js';
export { isAboutClock, requireClockNotBehind, requireSoundClock } from './clock-standing.js';
export {
  type ChainPart,
  entriesOf,
  followChain,
  newestEntryOf,
  tellsOfEvent,
  whileNothingComes,
} from './evidence.js';
export { requireCurrent, requireFitToDestroy, requireLogToRelyOn } from './fitness.js';
export {
  beginEpoch,
  findLosses,
  type KeyChange,
  type Losses,
  requireReason,
  rotateLogKey,
} from './key-change.js';
export {
  type ArchivedYear,
  archiveLog,
  type ClosedYear,
  closedYears,
} from './log-archive.js';
export { csvCell, logCsv } from './log-csv.js';
export {
  type Actor,
  type LogEntry,
  type LogEvent,
  type LogOutcome,
  parseLogEntry,
} from './log-entry.js';
export { exportLog, type LogExport } from './log-export.js';
export { requireWholeLog } from './log-fault.js';
export { type LogFilterText, logFilter } from './log-filter.js';
export { type LogLine, type LogListing, type LogQuery, listLog } from './log-listing.js';
export {
  leafHash,
  type TreeHash,
  verifyConsistency,
} from './merkle-tree.js';
export { outsideCheckpoints } from './outside-checkpoints.js';
export { writeProof } from './proof-files.js';
export {
  checkpointByNumber,
  checkpointCovering,
  checkpointLog,
  type ProvedEntry,
  proveConsistency,
  proveEntries,
  proveEntry,
} from './proving.js';
export { isWithoutKey, Recorder, type Signing } from './recorder.js';
export { fileDigest } from './segment-file.js';
export { LogSigner, type NumberedCheckpoint, newestCheckpoint } from './signer.js';
export { requireSoundDatabase } from './sound-database.js';
export { type EntryProof, parseProof, verifyEntryProof } from './tlog-proof.js';
export { type LogVerification, type VerifyLogOptions, verifyLog } from './verification.js';
export { deliverCheckpoint, witnessProblem } from './witnesses.js';
export { verifyWorkspaceLog } from './workspace-log.js';
