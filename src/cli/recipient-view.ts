import { type CalendarDate, type Identity, type Recipient, recipientState } from '../model/index.js';

/** Eight digits at a time can be read out. */
export function fingerprintText(fingerprint: string): string {
  return fingerprint.match(/.{8}/g)?.join(' ') ?? fingerprint;
}

/** A recipient for `--json`. */
export function recipientData(recipient: Recipient, today: CalendarDate): Record<string, unknown> {
  return {
    recipient: recipient.name,
    state: recipientState(recipient, today),
    kind: recipient.kind,
    fingerprint: recipient.fingerprint,
    passphrase_by: recipient.channel,
    organization: recipient.organization,
    contact: recipient.contact,
    formats: recipient.formats,
    expires_on: recipient.expiresOn,
    recovery: recipient.recovery,
    added_at: recipient.addedAt,
    added_by: recipient.addedBy,
    confirmed_at: recipient.confirmedAt,
    confirmed_by: recipient.confirmedBy,
    confirmed_how: recipient.confirmedHow,
    removed_at: recipient.removedAt,
    removed_by: recipient.removedBy,
  };
}

/** An identity for `--json`, without its keys. */
export function identityData(identity: Identity): Record<string, unknown> {
  return {
    identity: identity.name,
    kind: identity.kind,
    owner: identity.owner,
    fingerprint: identity.fingerprint,
    created_at: identity.createdAt,
    retired_at: identity.retiredAt,
    retired_by: identity.retiredBy,
    replaced_by: identity.replacedBy,
  };
}
