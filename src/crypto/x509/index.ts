export {
  type CertificateFacts,
  certificateProblems,
  certificatesIn,
  isChain,
  type KeyUsage,
  type ParsedCertificate,
  parseCertificate,
  readCertificate,
} from './certificate.js';
export { nameText } from './distinguished-name.js';
export { makeSignerCertificate } from './elliptic-signer.js';
export { type KeyWithCertificates, makePkcs12, readPkcs12 } from './pkcs12.js';
export { makeSelfSigned, type SelfSignedOptions } from './self-signed.js';
