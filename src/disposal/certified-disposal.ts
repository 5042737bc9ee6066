import {
  type CertifiedItemFacts,
  isCertified,
  type LogReference,
  OVERWRITTEN_STATE,
} from '../certificate/index.js';
import type { Reason } from '../model/index.js';
import { describeMethod, OVERWRITE_METHOD_IDS, type TargetOutcome } from '../shred/index.js';
import type { Disposal } from '../store/index.js';
import {
  type DisposalOutcome,
  isOfRows,
  ROWS_DESCRIPTION,
  ROWS_METHOD,
  rowsInWords,
} from './rows-outcome.js';

/** What a certificate says of how something was destroyed. */
export function disposalFacts(
  result: DisposalOutcome,
): Pick<
  CertifiedItemFacts,
  | 'outcome'
  | 'method'
  | 'passes'
  | 'verification'
  | 'files'
  | 'bytes'
  | 'residual'
  | 'statement'
  | 'preState'
  | 'postState'
> {
  if (!isCertified(result.outcome)) throw new Error('Only what was destroyed is certified');
  if (isOfRows(result)) {
    return {
      outcome: result.outcome,
      method: result.method,
      passes: 0,
      verification: { result: 'passed', readFrom: null, method: 'row-count' },
      files: 0,
      bytes: 0,
      preState: rowsInWords(result.deleted),
      postState: 'no such rows, counted in the same transaction',
      residual: result.reasons,
      statement: null,
    };
  }
  return {
    outcome: result.outcome,
    method: result.method,
    passes: result.passes,
    verification: {
      result: result.verifiedFrom === null ? 'not-performed' : 'passed',
      readFrom: result.verifiedFrom,
    },
    files: result.files,
    bytes: Number(result.bytes),
    preState: `readable, ${filesInWords(result)}`,
    postState: OVERWRITTEN_STATE,
    residual: result.outcome === 'overwritten-residual' ? result.reasons : [],
    statement: null,
  };
}

/** `3 files on ext4`; how large they were stands beside it. */
function filesInWords({ files, assessment }: TargetOutcome): string {
  const system = assessment === null ? '' : ` on ${assessment.fileSystem}`;
  return `${files} ${files === 1 ? 'file' : 'files'}${system}`;
}

/** Each method that the items name, in words. */
export function disposalMethods(items: readonly CertifiedItemFacts[]): Reason[] {
  const codes = new Set(items.map(({ method }) => method));
  const methods = OVERWRITE_METHOD_IDS.filter((id) => codes.has(id)).map((id) => ({
    code: id as string,
    text: describeMethod(id),
  }));
  return codes.has(ROWS_METHOD) ? [...methods, { code: ROWS_METHOD, text: ROWS_DESCRIPTION }] : methods;
}

/** The entries of a disposal; what was left out before anything began has one, which stands for both. */
export function logReference(disposal: Disposal, hashes: ReadonlyMap<number, string>): LogReference | null {
  const { outcomeSeq } = disposal;
  if (outcomeSeq === null) return null;
  const intentSeq = disposal.intentSeq ?? outcomeSeq;
  return {
    intentSeq,
    intentHash: hashes.get(intentSeq) ?? '',
    outcomeSeq,
    outcomeHash: hashes.get(outcomeSeq) ?? '',
  };
}
