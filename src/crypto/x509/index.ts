export {
  type CertificateFacts,
  certificateProblems,
  certificatesIn,
  isChain,
  type KeyUsage,
  readCertificate,
} from './certificate.js';
export { type KeyWithCertificates, makePkcs12, readPkcs12 } from './pkcs12.js';
export { makeSelfSigned, type SelfSignedOptions } from './self-signed.js';
