/**
 * What became of one item or one file. `attested` is said of media that people destroyed:
 * this program only records their statement. `rows-deleted` is said of rows of a database that were counted,
 * deleted and counted again in one transaction: what the database keeps of them elsewhere is not meant by it.
 * `sanitized` is said of whole media in the sense of NIST SP 800-88. `key-erased`: the keys were destroyed, and the
 * ciphertext is where it was. `archived`: encrypted, proved, and destroyed where it lay; it
 * still exists. "Already gone" is never "destroyed".
 */
export const OUTCOMES = [
  'overwritten-verified',
  'overwritten-residual',
  'unlinked-only',
  'rows-deleted',
  'sanitized',
  'key-erased',
  'attested',
  'archived',
  'already-gone',
  'refused',
  'failed',
  'unknown',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Outcomes after which the record is no longer where the inventory said, by our doing. */
export function isDestroyed(outcome: Outcome): boolean {
  return (
    outcome === 'overwritten-verified' ||
    outcome === 'overwritten-residual' ||
    outcome === 'unlinked-only' ||
    outcome === 'rows-deleted' ||
    outcome === 'sanitized' ||
    outcome === 'key-erased' ||
    outcome === 'attested'
  );
}

/** A reason with a stable code and the words a person reads. Words never contain a path or personal information. */
export interface Reason {
  code: string;
  text: string;
}

/** Why a disposal ended as it did, from what the store keeps of it. */
export function outcomeReasons(result: string | null): readonly Reason[] {
  return result === null ? [] : ((JSON.parse(result) as { reasons?: Reason[] }).reasons ?? []);
}
