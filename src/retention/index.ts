export {
  approvalsAtBeginning,
  approvalsNow,
  approvePlan,
  hasLapsed,
  requireApprovable,
  validApprovals,
} from './approval.js';
export { neededApprovals } from './approval-need.js';
export { type ArchiveOrder, archiveItem, previewArchive } from './archive-disposal.js';
export { type ErasedArchive, type ErasureOrder, eraseArchived, plannedArchives } from './archive-erasure.js';
export { type AttestationRequest, recordDestruction } from './attestation.js';
export { issueFor } from './certificate-issue.js';
export { parseDay } from './day.js';
export { type DecisionResult, decide } from './decision.js';
export { DECISION_REASONS, type DecisionInput, type DecisionReason } from './decision-reasons.js';
export { custodyStep, performer, vendorCertificate } from './destruction-details.js';
export { deviceAuthority } from './device-disposal.js';
export { type EventFile, type EventProblem, readEventFile } from './event-file.js';
export {
  type EventRecording,
  type EventStatement,
  listEvents,
  recordEvents,
  requireEventName,
  requireSubject,
  unusedEvents,
} from './events.js';
export { compileStatements, type GateSettings, type OpenGate } from './gate-state.js';
export { listStatements, type StatementRequest, stateGate, withdrawStatement } from './gates.js';
export { type HandoverRequest, prepareHandover, previewHandover } from './handover.js';
export { type ReceiptRequest, receiveHandover } from './handover-receipt.js';
export { locationScopes, queryScope } from './held-places.js';
export { type HoldReach, holdReach } from './hold-reach.js';
export { type HoldRequest, listHolds, placeHold, releaseHold, sameMatter } from './holds.js';
export { exportHolds, type HoldsImport, holdsPath, importHolds } from './holds-file.js';
export { explainItem, type ItemExplanation } from './item-explanation.js';
export { keptItems } from './kept-items.js';
export { requireStateAsLogged } from './logged-state.js';
export {
  approvalsFor,
  type BuiltPlan,
  buildPlan,
  decidePlan,
  freezePlan,
  type PlanDraft,
  type PlanOptions,
} from './plan-building.js';
export {
  comparePlans,
  type PlanChange,
  type PlanDifference,
  type PlanDifferenceItem,
} from './plan-difference.js';
export { type PlanItemLine, parsePlanLine, planLine } from './plan-document.js';
export { type PlanObjection, planObjections } from './plan-objections.js';
export { plannedDisposals, type VerifiedPlan, verifiedPlan } from './plan-reading.js';
export { decideReview, itemsAwaitingReview, type ReviewRequest } from './review-decision.js';
export {
  type ExpiringStatement,
  type QueueFilter,
  type ReviewKind,
  reviewQueue,
  type WaitingItem,
} from './review-queue.js';
export {
  type SimulatedItem,
  type Simulation,
  type SimulationOptions,
  simulateSchedule,
} from './schedule-simulation.js';
export { type SettingChange, settingsChangedSinceLastPlan } from './settings-changes.js';
export { statedMedia } from './stated-media.js';
export { type PreviewItem, previewSweep } from './sweep-preview.js';
export { type QuotaLimits, type QuotaName, SweepQuota } from './sweep-quota.js';
export type { EndedItem, SweepResult } from './sweep-result.js';
export { runSweep, type SweepOptions } from './sweep-run.js';
export { dayWithoutTime, nextWallTime, parseWallTime, type WallTime, wallTimes } from './wall-time.js';
