import type { CheckResult } from './check-result.js';

/** What the verification of one file found. */
export interface VerifiedFile {
  path: string;
  kind: 'json' | 'pdf' | 'bundle';
  checks: CheckResult[];
}

export interface CertificateVerification {
  /** The certificate that was named, or that the file says it is; null where it says none. */
  number: string | null;
  /** Whether no check failed. */
  passed: boolean;
  files: VerifiedFile[];
}

export function conclusion(number: string | null, files: VerifiedFile[]): CertificateVerification {
  const passed = files.every((file) => file.checks.every((each) => each.passed !== false));
  return { number, passed, files };
}
