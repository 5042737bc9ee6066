/** A person, or an unattended job, with a unique id (201 CMR 17.04(1)) bound to one operating-system account. */
export interface Operator {
  /** 2 to 32 characters: lower-case letters, digits, `.`, `_`, `-`. */
  id: string;
  name: string;
  /** Login name of the operating-system account. */
  account: string;
  /** Numeric user id; -1 where the platform has none. */
  accountUid: number;
  /** Ed25519 public key, SubjectPublicKeyInfo PEM (RFC 8410). */
  publicKey: string;
  createdAt: string;
  deactivatedAt: string | null;
}
