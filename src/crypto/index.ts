export type { AgeKeyType } from './age/age-keys.js';
export {
  ageFingerprint,
  ageRecipientOf,
  createAgeIdentity,
  parseAgeRecipient,
  readAgeIdentities,
  readAgeRecipients,
} from './age.js';
export { canonicalJson } from './canonical-json.js';
export { DerError } from './der.js';
export { sha256 } from './digest.js';
export { type EncryptionEvidence, recognizeEncrypted } from './encrypted-files.js';
export type * from './encryption-format.js';
export { formatOf, recognize } from './formats.js';
export { passphraseAdvice } from './passphrase-advice.js';
export { holdsPrivateKey } from './private-key.js';
export { needsPassphrase, openPrivateKey, privateKeyFrom, sealPrivateKey } from './sealed-key.js';
export { invalidKeyFile, openSealed, type SealedKind, sealSecret } from './sealed-secret.js';
export { createSigningKey, publicKeyOf, signText, verifyText } from './signature.js';
export {
  chainProblem,
  type DetachedSignature,
  readDetachedSignature,
  type SigningIdentity,
  signDetached,
} from './signed-data/index.js';
export {
  type NoteKey,
  noteKey,
  type OpenedNote,
  openNote,
  parseNoteKey,
  signNote,
} from './signed-note.js';
export {
  nonceOf,
  requestTimestamp,
  type Timestamp,
  type TimestampRequest,
  timestampRequest,
  timestampToken,
  verifyTimestamp,
} from './timestamp/index.js';
export {
  type CertificateFacts,
  certificateProblems,
  certificatesIn,
  isChain,
  type KeyUsage,
  type KeyWithCertificates,
  makePkcs12,
  makeSelfSigned,
  makeSignerCertificate,
  readCertificate,
  readPkcs12,
  type SelfSignedOptions,
} from './x509/index.js';
