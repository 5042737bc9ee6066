import { sha256 } from '../crypto/index.js';
import { badInput, refused } from '../model/index.js';
import type { Session } from '../session/index.js';
import type { CertificateVoid } from '../store/index.js';
import { instant } from '../workspace/index.js';
import { requireCertificate } from './certificate-register.js';

const MAX_REASON = 500;

/**
 * Declares a certificate void: it is not to be relied on any more. Its files stay, and its verification says so from
 * now on. The log tells of it with the digest of the reason, whose words may name people; the register has the words.
 *
 * @throws Fault `certificate-unknown`, `reason-missing` (exit 2), `certificate-void` (exit 4) where it is void already
 */
export async function voidCertificate(
  session: Session,
  number: string,
  reason: string,
): Promise<CertificateVoid> {
  await requireCertificate(session, number);
  const words = reason.replace(/[\p{Cc}\p{Surrogate}\u2028\u2029]+/gu, ' ').trim();
  if (words === '' || words.length > MAX_REASON) {
    throw badInput('reason-missing', `The reason has between 1 and ${MAX_REASON} characters`, {
      hint: 'Say in a sentence why the certificate is not to be relied on',
    });
  }
  const operator = await session.operator();
  return await session.store.transaction(async (transaction) => {
    const known = (await transaction.certificates.voids()).find((each) => each.number === number);
    if (known) {
      throw refused('certificate-void', `Certificate ${number} was declared void on ${known.voidedAt}`, {
        hint: 'See whether another one took its place: quietus certificate list',
      });
    }
    const entry = await session.recorder.append(transaction, {
      action: 'certificate.void',
      outcome: 'done',
      subject: { certificate: number },
      data: { reason_sha256: sha256(words) },
    });
    const made: CertificateVoid = {
      number,
      voidedAt: instant(session.clock),
      voidedBy: operator.id,
      reason: words,
      logSeq: entry.seq,
    };
    await transaction.certificates.insertVoid(made);
    return made;
  });
}
