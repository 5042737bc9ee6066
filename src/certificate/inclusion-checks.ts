import { sha256 } from '../crypto/index.js';
import type { BundleFiles } from './bundle-contents.js';
import type { CertificateDocument } from './certificate-format.js';
import { type CheckResult, check } from './check-result.js';
import { namedEntries } from './log-checks.js';
import { tellsOf } from './workspace-verification.js';

/**
 * Checks that the log has every entry that the certificate rests on, and the one that tells of its issue.
 *
 * @param prove verifies a proof for the bytes of an entry; gives the entry's number, or null where it proves nothing.
 *   Null where the reader gave no key
 */
export function inclusionChecks(
  document: CertificateDocument,
  certificate: { number: string; jsonSha256: string; pdfSha256: string },
  files: BundleFiles,
  prove: ((proof: string, entry: Buffer) => number | null) | null,
): CheckResult[] {
  if (!files.has('log/checkpoint'))
    return [check('log-inclusion', false, 'The bundle lacks the checkpoint and the proofs')];
  const proved = new Set<number>();
  const entries = new Map<number, Buffer>();
  for (const [name, bytes] of files) {
    const seq = Number(/^log\/(\d{1,15})\.json$/.exec(name)?.[1] ?? NaN);
    if (Number.isNaN(seq)) continue;
    entries.set(seq, bytes);
    const proof = files.get(`log/${seq}.tlog-proof`)?.toString('utf8') ?? '';
    if (prove?.(proof, bytes) === seq) proved.add(seq);
  }
  const given = prove === null ? null : proved;
  return [namedCheck(document, entries, given), issueCheck(certificate, entries, given)];
}

function namedCheck(
  document: CertificateDocument,
  entries: ReadonlyMap<number, Buffer>,
  proved: ReadonlySet<number> | null,
): CheckResult {
  const named = [...namedEntries(document)];
  const other = named.filter(([seq, hashes]) => {
    const entry = entries.get(seq);
    return entry === undefined || hashes.size !== 1 || !hashes.has(sha256(entry));
  });
  if (other.length > 0)
    return check(
      'log-inclusion',
      false,
      `The bundle lacks entry ${other[0]?.[0]}, or has another one under its number`,
    );
  if (proved === null)
    return check(
      'log-inclusion',
      null,
      'The proofs of the log entries need the public key of the log: --public-key',
    );
  const unproved = named.filter(([seq]) => !proved.has(seq));
  return check(
    'log-inclusion',
    unproved.length === 0,
    unproved.length === 0
      ? `All ${named.length} entries that it rests on are in the log, by their proofs`
      : `The proof of entry ${unproved[0]?.[0]} is missing, or is of another entry`,
  );
}

function issueCheck(
  certificate: { number: string; jsonSha256: string; pdfSha256: string },
  entries: ReadonlyMap<number, Buffer>,
  proved: ReadonlySet<number> | null,
): CheckResult {
  const found = [...entries].find(([, entry]) => tellsOf(entry.toString('utf8'), certificate));
  if (found === undefined)
    return check(
      'issue-entry',
      false,
      'No entry of the log tells of its issue with the digests of these files',
    );
  const [seq] = found;
  if (proved === null)
    return check('issue-entry', null, `Entry ${seq} tells of its issue; the proof needs the public key`);
  return check(
    'issue-entry',
    proved.has(seq),
    proved.has(seq)
      ? `Entry ${seq} of the log tells of its issue with the digests of these files`
      : `Entry ${seq} tells of its issue, and its proof is wrong`,
  );
}
