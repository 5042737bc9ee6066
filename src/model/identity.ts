export const IDENTITY_KINDS = ['age', 'age-pq', 'x509'] as const;
export type IdentityKind = (typeof IDENTITY_KINDS)[number];

/** A secret key of the workspace that opens what was encrypted for it, and, for `x509`, signs. */
export interface Identity {
  /** As for recipients; never given twice. */
  name: string;
  kind: IdentityKind;
  /** Operator who made it, and whose account holds the key file. */
  owner: string;
  /** `age1…` or `age1pq1…`, or a certificate as PEM. */
  publicKey: string;
  /** As of the recipient with this key. */
  fingerprint: string;
  createdAt: string;
  retiredAt: string | null;
  retiredBy: string | null;
  replacedBy: string | null;
}
