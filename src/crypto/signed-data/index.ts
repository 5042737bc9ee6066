export { type SigningIdentity, type SignOptions, signDetached } from './signing.js';
export { chainProblem } from './trust.js';
export { type DetachedSignature, readDetachedSignature } from './verification.js';
