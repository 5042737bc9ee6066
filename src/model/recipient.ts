import type { CalendarDate } from './calendar-date.js';

/** The formats that a file can be encrypted in, in the order in which they are preferred. */
export const TRANSFER_FORMATS = ['age', 'cms', 'zip', 'html'] as const;
export type TransferFormat = (typeof TRANSFER_FORMATS)[number];

export type RecipientKind = 'age' | 'certificate' | 'passphrase';

/** How somebody made sure that a key is the recipient's: a code, because free text can be personal information. */
export const CONFIRMATION_WAYS = ['in-person', 'telephone', 'video', 'letter', 'own-key'] as const;
export type ConfirmationWay = (typeof CONFIRMATION_WAYS)[number];

/** Somebody outside or inside who may be sent encrypted files. */
export interface Recipient {
  id: number;
  /** 2 to 32 characters: lower-case letters, digits, `.`, `_`, `-`. It goes into the log. */
  name: string;
  kind: RecipientKind;
  /** `age1…` or `age1pq1…`, or a certificate as PEM; null for a passphrase. */
  publicKey: string | null;
  /** How a passphrase reaches the recipient; null for keys. */
  channel: string | null;
  /** SHA-256, lower-case hex: of the key's text (age) or of the certificate's DER; null for a passphrase. */
  fingerprint: string | null;
  organization: string | null;
  contact: string | null;
  formats: readonly TransferFormat[];
  /** Last day on which files may be encrypted for it. */
  expiresOn: CalendarDate | null;
  /** Whether it is a recovery recipient of the workspace: there is at most one of each {@link KeyKind}. */
  recovery: boolean;
  addedAt: string;
  addedBy: string;
  confirmedAt: string | null;
  confirmedBy: string | null;
  confirmedHow: ConfirmationWay | null;
  removedAt: string | null;
  removedBy: string | null;
}

/** The kinds of keys that one file can be encrypted for together. age never mixes the first two: the weaker would decide. */
export type KeyKind = 'age' | 'age-pq' | 'certificate';

/** @returns null for a recipient without a key */
export function keyKindOf({ kind, publicKey }: Pick<Recipient, 'kind' | 'publicKey'>): KeyKind | null {
  if (kind === 'passphrase') return null;
  return kind === 'age' && publicKey?.startsWith('age1pq1') === true ? 'age-pq' : kind;
}

export type RecipientState = 'unconfirmed' | 'confirmed' | 'expired' | 'removed';

/** @param today in the organization's time zone */
export function recipientState(recipient: Recipient, today: CalendarDate): RecipientState {
  if (recipient.removedAt !== null) return 'removed';
  if (recipient.expiresOn !== null && recipient.expiresOn < today) return 'expired';
  return recipient.confirmedAt === null ? 'unconfirmed' : 'confirmed';
}
