export { exportBundle } from './bundle-export.js';
export { certificateDocument } from './certificate-document.js';
export {
  ATTESTED_METHODS,
  type AttestedMethod,
  type AttestedStatement,
  attestedMethods,
  type CertificateFacts,
  type CertifiedItemFacts,
  type CertifiedOutcome,
  type CertifiedPlan,
  type CertifiedSubject,
  type CustodyStep,
  type ExceptionFacts,
  type IssuedFacts,
  isCertified,
  type LogReference,
  type MediaFacts,
  OVERWRITTEN_STATE,
  type Sanitization,
  type VendorCertificate,
  type VerificationMethod,
  type Whereabouts,
} from './certificate-facts.js';
export { certificatePaths, readGivenFile, readGivenText } from './certificate-files.js';
export { type CertificateDocument, serialize } from './certificate-format.js';
export { issueCertificate } from './certificate-issue.js';
export { parseCertificate, validateCertificate } from './certificate-parser.js';
export { renderCertificate } from './certificate-pdf.js';
export {
  listCertificates,
  type RegisteredCertificate,
  registeredCertificate,
  type ShownCertificate,
  showCertificate,
} from './certificate-register.js';
export { voidCertificate } from './certificate-void.js';
export { SUBJECT_LABELS } from './certificate-words.js';
export { certifiedClasses } from './certified-classes.js';
export type { CheckResult } from './check-result.js';
export type { CertificateVerification, VerifiedFile } from './conclusion.js';
export {
  type CountersigningRole,
  countersign,
  requireCountersignable,
} from './countersignature.js';
export { fontAdvice, missingInNames } from './missing-characters.js';
export { type OutsideTrust, verifyOutside } from './outside-verification.js';
export { drawWith, usableFont } from './pdf-assets.js';
export { PaperFonts } from './pdf-fonts.js';
export { readPdfClaim } from './pdf-info.js';
export { requireRegisterAsLogged } from './register-evidence.js';
export { registerAsCsv, writeRegisterPdf } from './register-export.js';
export { reissueCertificate } from './reissue.js';
export { certificateSigner, importCertificateSigner, makeCertificateSigner } from './signing-identity.js';
export { statedLine } from './stated-line.js';
export { whereabouts } from './whereabouts.js';
export { certificateFilesProblem, verifyCertificateFile } from './workspace-verification.js';
export { stateOf, yearlyRegister } from './yearly-register.js';
