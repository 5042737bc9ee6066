/** A person, or an unattended job, with a unique id (201 CMR 17.04(1)) bound to one operating-system account. */
export interface Operator {
  /** 2 to 32 characters: lower-case letters, digits, `.`, `_`, `-`. */
  id: string;
  name: string;
  /** Login name of the operating-system account. */
  account: string;
  /** Numeric user id; -1 where the platform has none. */
  accountUid: number;
  /** Ed25519 public key, SubjectPublicKeyInfo PEM (RFC 8410); empty until another operator has confirmed it. */
  publicKey: string;
  createdAt: string;
  deactivatedAt: string | null;
}

/**
 * `registered`: no key that anybody confirmed, so nothing may be done. `active`: may do everything.
 * `deactivated`: may do nothing any more, for ever.
 */
export type OperatorState = 'registered' | 'active' | 'deactivated';

export function operatorState(operator: Operator): OperatorState {
  if (operator.deactivatedAt !== null) return 'deactivated';
  return operator.publicKey === '' ? 'registered' : 'active';
}

/** Why an operator was deactivated, for the log: a code, because free text can be personal information. */
export const DEACTIVATION_REASONS = ['left', 'role-changed', 'key-lost', 'key-exposed', 'mistake'] as const;
export type DeactivationReason = (typeof DEACTIVATION_REASONS)[number];
