import { createHash } from 'node:crypto';
import type { ChainPart } from '../audit/index.js';
import { Fault } from '../model/index.js';
import type { CertificateDocument } from './certificate-format.js';
import { parseCertificate } from './certificate-parser.js';
import { readPdfClaim } from './pdf-info.js';

/** One line of a verification. `text` never quotes what the certificate holds. */
export interface CheckResult {
  /** Stable: `digest`, `document`, `number`, `claim`, `log-entries`, `log-head`, `log-chain`. */
  id: string;
  passed: boolean;
  text: string;
}

/** What the workspace recorded when it issued the certificate. */
interface RecordedDigests {
  number: string;
  jsonSha256: string;
  pdfSha256: string;
}

export interface VerificationInput {
  bytes: Buffer;
  kind: 'json' | 'pdf';
  /** Null where nothing was recorded of such a certificate. */
  expected: RecordedDigests | null;
  /** Follows the log's chain over the part that the certificate rests on, and gives the hashes of these entries' bytes. */
  followLog: (range: { first: number; last: number }, seqs: ReadonlySet<number>) => Promise<ChainPart>;
}

/**
 * Checks one file of a certificate. Every check that can be made is made, so that the reader sees all that is wrong.
 * Checks that a wrong digest makes meaningless are still made: they help to find out what was changed.
 */
export async function verifyCertificate(input: VerificationInput): Promise<CheckResult[]> {
  const digest = digestCheck(input);
  if (input.kind === 'pdf') return [digest, claimCheck(input)];
  const parsed = parse(input.bytes);
  if (parsed instanceof Fault) return [digest, { id: 'document', passed: false, text: parsed.message }];
  return [
    digest,
    { id: 'document', passed: true, text: 'The document keeps every rule of its format' },
    ...numberCheck(parsed, input.expected),
    ...(await logChecks(parsed, input.followLog)),
  ];
}

function digestCheck({ bytes, kind, expected }: VerificationInput): CheckResult {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const recorded = kind === 'json' ? expected?.jsonSha256 : expected?.pdfSha256;
  const name = kind === 'json' ? 'JSON file' : 'PDF';
  if (recorded === undefined) {
    return {
      id: 'digest',
      passed: false,
      text: `This workspace has no record of issuing this certificate; the ${name} has SHA-256 ${sha256}`,
    };
  }
  if (recorded === sha256)
    return { id: 'digest', passed: true, text: `The ${name} has the recorded SHA-256 ${sha256}` };
  return {
    id: 'digest',
    passed: false,
    text: `The ${name} was changed since it was issued: it has SHA-256 ${sha256}, and ${recorded} was recorded`,
  };
}

function claimCheck({ bytes, expected }: VerificationInput): CheckResult {
  const claim = readPdfClaim(bytes);
  if (claim === undefined) {
    return { id: 'claim', passed: false, text: 'The PDF does not say which certificate it is' };
  }
  if (expected === null) {
    return {
      id: 'claim',
      passed: false,
      text: `The PDF says that it is certificate ${claim.number}, which is not recorded here`,
    };
  }
  const passed = claim.number === expected.number && claim.jsonSha256 === expected.jsonSha256;
  return {
    id: 'claim',
    passed,
    text: passed
      ? `The PDF names certificate ${claim.number} and the digest of its JSON document`
      : `The PDF names another certificate, or another JSON document, than ${expected.number}`,
  };
}

function parse(bytes: Buffer): CertificateDocument | Fault {
  try {
    return parseCertificate(bytes);
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
}

function numberCheck(document: CertificateDocument, expected: RecordedDigests | null): CheckResult[] {
  if (expected === null) return [];
  const passed = document.number === expected.number;
  return [
    {
      id: 'number',
      passed,
      text: passed
        ? `The document has the recorded number ${expected.number}`
        : `The document has another number than ${expected.number}, under which it is recorded`,
    },
  ];
}

async function logChecks(
  document: CertificateDocument,
  followLog: VerificationInput['followLog'],
): Promise<CheckResult[]> {
  const named = new Map<number, Set<string>>();
  const name = (seq: number, hash: string) => named.set(seq, (named.get(seq) ?? new Set()).add(hash));
  for (const { log } of [...document.items, ...document.exceptions]) {
    if (log === null) continue;
    name(log.intent_seq, log.intent_hash);
    name(log.outcome_seq, log.outcome_hash);
  }
  const entries = [...named.keys()].toSorted((a, b) => a - b);
  const { first_seq: first, last_seq: last, head_hash: head } = document.log;
  const { hashes: recorded, broken } = await followLog({ first, last }, new Set([...entries, first, last]));
  const wrong = entries.filter((seq) => {
    const hashes = named.get(seq);
    return hashes?.size !== 1 || !hashes.has(recorded.get(seq) ?? '');
  });
  return [
    {
      id: 'log-entries',
      passed: wrong.length === 0,
      text:
        wrong.length === 0
          ? `The log has all ${entries.length} entries of these items, with the hashes that the certificate names`
          : `The log lacks entry ${wrong[0]}, or has it with another hash${wrong.length > 1 ? `; so for ${wrong.length} entries in all` : ''}`,
    },
    {
      id: 'log-head',
      passed: recorded.get(last) === head && recorded.has(first),
      text:
        recorded.get(last) === head && recorded.has(first)
          ? `The log has entries ${first} and ${last}, the last with the hash that the certificate names`
          : `The log lacks entry ${first} or ${last}, or has entry ${last} with another hash`,
    },
    {
      id: 'log-chain',
      passed: broken === null,
      text:
        broken === null
          ? `Entries ${first} to ${last} of the log follow from one another`
          : `The log does not verify at entry ${broken}, within the part that this certificate rests on`,
    },
  ];
}
