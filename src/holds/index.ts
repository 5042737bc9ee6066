export { holdDigest, requireHoldsAsLogged } from './hold-evidence.js';
export { type HoldGuard, holdGuard } from './hold-guard.js';
export { foldedName } from './hold-index.js';
export { normalizedPath } from './hold-locations.js';
export { holdQueryText, isHoldQuery, parseHoldQuery } from './hold-query.js';
export { compileCoolingOff, compileHolds, type HeldItem, holdsOn } from './legal-hold.js';
export { protectionOf } from './protection.js';
export { readTypedQuery } from './typed-query.js';
