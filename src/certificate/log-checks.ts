import type { ChainPart } from '../audit/index.js';
import type { CertificateDocument } from './certificate-format.js';
import type { CheckResult } from './check-result.js';

/** Follows the log's chain over a part of it, and gives the hashes of these entries' bytes. */
export type FollowLog = (
  range: { first: number; last: number },
  seqs: ReadonlySet<number>,
) => Promise<ChainPart>;

/** Entries that the items rest on: hashes by number. More than one hash of a number is a contradiction. */
export function namedEntries(document: CertificateDocument): Map<number, Set<string>> {
  const named = new Map<number, Set<string>>();
  const name = (seq: number, hash: string) => named.set(seq, (named.get(seq) ?? new Set()).add(hash));
  for (const { log } of [...document.items, ...document.exceptions]) {
    if (log === null) continue;
    name(log.intent_seq, log.intent_hash);
    name(log.outcome_seq, log.outcome_hash);
  }
  return named;
}

/** Compares the document with the log of the workspace. */
export async function logChecks(document: CertificateDocument, followLog: FollowLog): Promise<CheckResult[]> {
  const named = namedEntries(document);
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
          ? `The log has ${entries.length === 1 ? 'the entry' : `all ${entries.length} entries`} of these items, with the hashes that the certificate names`
          : `The log lacks entry ${wrong[0]}, or has it with another hash${wrong.length > 1 ? `; so for ${wrong.length} entries in all` : ''}`,
    },
    {
      id: 'log-head',
      passed: recorded.get(last) === head && recorded.has(first),
      text:
        recorded.get(last) === head && recorded.has(first)
          ? `The log has entry ${first === last ? '' : `${first}, and entry `}${last} with the hash that the certificate names`
          : `The log lacks entry ${first} or ${last}, or has entry ${last} with another hash`,
    },
    {
      id: 'log-chain',
      passed: broken === null,
      text:
        broken === null
          ? `${first === last ? `Entry ${last} follows` : `Entries ${first} to ${last} follow`} from the one before in the log`
          : `The log does not verify at entry ${broken}, within the part that this certificate rests on`,
    },
  ];
}
