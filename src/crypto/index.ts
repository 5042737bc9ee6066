export { canonicalJson } from './canonical-json.js';
export { sha256 } from './digest.js';
export { needsPassphrase, openPrivateKey, sealPrivateKey } from './sealed-key.js';
export { createSigningKey, signText, verifyText } from './signature.js';
