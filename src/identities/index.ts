export { exportSecret } from './identity-export.js';
export {
  createIdentity,
  type IdentityRequest,
  requireIdentity,
  requireNewName,
  retireIdentity,
  retireWithin,
} from './identity-register.js';
export { unlockIdentity } from './unlocked-identity.js';
