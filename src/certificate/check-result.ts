/** One line of a verification. `text` never quotes what the certificate holds. */
export interface CheckResult {
  /** Stable, such as `signature`, `chain` or `log-inclusion`. */
  id: string;
  /** Null where it could not be checked with what was given; the text says what is missing. */
  passed: boolean | null;
  text: string;
}

export function check(id: string, passed: boolean | null, text: string): CheckResult {
  return { id, passed, text };
}
