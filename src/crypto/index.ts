export { canonicalJson } from './canonical-json.js';
export { sha256 } from './digest.js';
export type * from './encryption-format.js';
export { needsPassphrase, openPrivateKey, sealPrivateKey } from './sealed-key.js';
export { createSigningKey, publicKeyOf, signText, verifyText } from './signature.js';
