import { X509Certificate } from 'node:crypto';
import { certificatesIn, parseCertificate } from '../x509/certificate.js';

/** Longer than any chain in use. */
const LONGEST_CHAIN = 10;

/**
 * Follows the issuers of a certificate to one that the reader trusts. Every certificate on the way must have been
 * valid at the instant, and every issuer must be allowed to issue.
 *
 * @param certificate the signer's, PEM
 * @param others those that came along, PEM, in any order
 * @param trusted those that the reader trusts, PEM: the signer's own, or one that issued it, directly or not
 * @param at when it was signed
 * @returns what is wrong, in words that complete "the chain …"; null where it leads there
 */
export function chainProblem(
  certificate: string,
  others: readonly string[],
  trusted: readonly string[],
  at: Date,
): string | null {
  const roots = trusted.flatMap(certificatesIn).map((der) => new X509Certificate(der));
  const candidates = [...roots, ...others.flatMap(certificatesIn).map((der) => new X509Certificate(der))];
  const [first] = certificatesIn(certificate);
  let current = first && new X509Certificate(first);
  for (let length = 0; current !== undefined && length < LONGEST_CHAIN; length++) {
    const { raw }: X509Certificate = current;
    const { facts } = parseCertificate(raw);
    if (roots.some((root) => root.raw.equals(raw))) return null;
    if (at < new Date(facts.validFrom) || at > new Date(facts.validUntil))
      return 'goes through a certificate that was not valid at that time';
    current = issuerOf(current, candidates);
  }
  return 'does not lead to a certificate that is trusted here';
}

function issuerOf(
  certificate: X509Certificate,
  candidates: readonly X509Certificate[],
): X509Certificate | undefined {
  return candidates.find(
    (candidate) =>
      !candidate.raw.equals(certificate.raw) &&
      candidate.ca &&
      certificate.checkIssued(candidate) &&
      certificate.verify(candidate.publicKey),
  );
}
