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
export { Recorder } from './recorder.js';
export { type LogProblem, type LogVerification, type VerifyLogOptions, verifyLog } from './verification.js';
