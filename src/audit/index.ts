export {
  type Checkpoint,
  openCheckpoint,
  type TreeHead,
} from './checkpoint.js';
export { type ChainPart, entriesOf, followChain, newestEntryOf } from './evidence.js';
export { logCsv } from './log-csv.js';
export {
  type Actor,
  type LogEntry,
  type LogEvent,
  type LogOutcome,
  parseLogEntry,
} from './log-entry.js';
export { type LogFilterText, logFilter } from './log-filter.js';
export { type LogLine, type LogListing, type LogQuery, listLog } from './log-listing.js';
export {
  leafHash,
  type TreeHash,
  verifyConsistency,
} from './merkle-tree.js';
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
export { Recorder, type Signing } from './recorder.js';
export { LogSigner, type NumberedCheckpoint, newestCheckpoint } from './signer.js';
export { type EntryProof, parseProof, verifyEntryProof } from './tlog-proof.js';
export { type LogProblem, type LogVerification, type VerifyLogOptions, verifyLog } from './verification.js';
