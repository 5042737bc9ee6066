import { recipientState } from '../model/index.js';
import type { Session } from '../session/index.js';
import { type Finding, finding } from './health-finding.js';

/** Days before the end of a certificate on which it is spoken of: an authority takes some to issue the next. */
const NOTICE_DAYS = 60;
const DAY_MS = 86_400_000;

/** What ends by itself: the certificate that signs certificates of destruction, and recipients. Nothing is said where all is well. */
export async function checkExpiry(session: Session): Promise<Finding[]> {
  return [...(await signerExpiry(session)), ...(await expiredRecipients(session))];
}

async function signerExpiry({ store, clock, dayOf }: Session): Promise<Finding[]> {
  const signer = (await store.certificates.signers()).at(-1);
  if (signer === undefined) return [];
  const { readCertificate } = await import('../crypto/index.js');
  const { validUntil } = readCertificate(signer.certificates);
  const left = Date.parse(validUntil) - clock.now().getTime();
  if (left > NOTICE_DAYS * DAY_MS) return [];
  const hint =
    signer.origin === 'imported'
      ? 'Import the next one: quietus certificate identity import FILE.p12'
      : 'Make the next one: quietus certificate identity create';
  const text = left < 0 ? 'expired on' : 'expires on';
  return [
    finding(
      'certificates',
      'warning',
      `The X.509 certificate that signs certificates ${text} ${dayOf(validUntil)}`,
      {
        hint,
      },
    ),
  ];
}

async function expiredRecipients(session: Session): Promise<Finding[]> {
  const today = session.today();
  const expired = (await session.store.recipients.list()).filter(
    (recipient) => recipientState(recipient, today) === 'expired',
  );
  return expired.map(({ name, expiresOn }) =>
    finding('recipients', 'warning', `The recipient ${name} expired on ${expiresOn}`, {
      hint: `Remove it, or add its next key: quietus recipient remove ${name}`,
    }),
  );
}

/** Encryptions that ended without an outcome, because their process was killed. */
export async function checkTransfers(session: Session): Promise<Finding[]> {
  const { cutOffTransfers } = await import('../transfer/index.js');
  const cutOff = await cutOffTransfers(session);
  return cutOff.map(({ id, begunBy }) =>
    finding('transfers', 'warning', `The transfer ${id} was cut off before its outcome`, {
      hint: `The next quietus encrypt of ${begunBy} on this machine looks what became of it, and removes what is left`,
    }),
  );
}
