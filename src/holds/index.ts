export { holdDigest, requireHoldsAsLogged } from './hold-evidence.js';
export { type HoldGuard, holdGuard } from './hold-guard.js';
export {
  compileCoolingOff,
  compileHolds,
  foldedName,
  type HeldItem,
  holdsOn,
  normalizedPath,
} from './legal-hold.js';
