export { certifyDisposal } from './ad-hoc-certificate.js';
export type { DisposalStatement } from './ad-hoc-list.js';
export {
  type AdHocOptions,
  type AdHocResult,
  continueDisposal,
  cutOffDisposalOf,
  cutOffDisposals,
  disposeOf,
} from './ad-hoc-run.js';
export { BATCH, destroyPatiently } from './batch-work.js';
export { disposalFacts, disposalMethods, logReference } from './certified-disposal.js';
export { hookLocation, readHooks } from './database-hook.js';
export { placesElsewhere } from './database-places.js';
export type { DeviceAuthority } from './device-authority.js';
export { certifySanitization } from './device-certificate.js';
export {
  type DevicePreview,
  previewDevice,
  sanitize,
} from './device-sanitization.js';
export { intentEvent, outcomeEvent, refusedOutcome } from './disposal-events.js';
export { DisposalRecords, pendingDisposal, stateAfter } from './disposal-records.js';
export { fillFreeSpace, freeSpaceOf } from './free-space-run.js';
export { InventoryMemo } from './inventory-memo.js';
export { LogEnd } from './log-end.js';
export { methodNamed } from './method-names.js';
export { locationOf, readNames0 } from './named-paths.js';
export { loggedOutcomes, outcomeChanged, requireAllOutcomes } from './outcome-evidence.js';
export { nameInTheWay, type SelectedPath } from './path-examination.js';
export { PatientJournal } from './patient-journal.js';
export { foldersAbove, itemPlacesAround, placesAround } from './places-around.js';
export { protectedPaths } from './protected-paths.js';
export {
  type ClaimRequest,
  deleteRows,
  type RowJournal,
  type RowStepName,
  type RowWork,
} from './row-deletion.js';
export { RowExaminer } from './row-examination.js';
export { RowPlaces, sharedLocations } from './row-places.js';
export { type DisposalOutcome, type RowsOutcome, rowsInWords } from './rows-outcome.js';
export { confirmationWord, examineSelection, type Selection } from './selection.js';
export { readStatement } from './statement.js';
