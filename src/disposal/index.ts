export {
  type DevicePreview,
  type DeviceRequest,
  previewDevice,
  sanitize,
} from './device-sanitization.js';
export { intentEvent, outcomeEvent, refusedOutcome } from './disposal-events.js';
export { DisposalRecords, pendingDisposal, stateAfter } from './disposal-records.js';
export { PatientJournal } from './patient-journal.js';
export { protectedPaths } from './protected-paths.js';
