export { approvePlan, requireApprovable, validApprovals } from './approval.js';
export { type AttestationRequest, recordDestruction } from './attestation.js';
export { parseDay } from './day.js';
export {
  DECISION_REASONS,
  type DecisionInput,
  type DecisionReason,
  type DecisionResult,
  decide,
} from './decision.js';
export { type HoldReach, holdReach } from './hold-reach.js';
export { type HoldRequest, listHolds, locationScopes, placeHold, releaseHold, sameMatter } from './holds.js';
export { keptItems } from './kept-items.js';
export { compileHolds, holdsOn, normalizedPath } from './legal-hold.js';
export { type BuiltPlan, buildPlan, type PlanOptions } from './plan-building.js';
export { type PlanItemLine, parsePlanLine } from './plan-document.js';
export { type VerifiedPlan, verifiedPlan } from './plan-reading.js';
export { type PreviewItem, previewSweep } from './sweep-preview.js';
export { runSweep, type SweepOptions, type SweepResult } from './sweep-run.js';
