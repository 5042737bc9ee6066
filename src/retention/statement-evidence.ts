import { entriesOf, type LogEntry } from '../audit/index.js';
import { canonicalJson, sha256 } from '../crypto/index.js';
import { type GateStatement, type StatementScope, verificationFailed } from '../model/index.js';
import type { Repositories } from '../store/index.js';

/**
 * SHA-256, hex, over the canonical JSON of what a statement says. Who stated it and the reference are left out: a name can
 * be guessed from its digest, and the log holds no names.
 */
export function statementDigest({ id, kind, party, scopes, statedOn }: GateStatement): string {
  const reached = scopes.map(({ kind: what, value }) => `${what} ${value}`).toSorted();
  return sha256(canonicalJson({ statement: id, kind, party, scopes: reached, stated_on: statedOn }));
}

/**
 * Compares the statements about gates with the log: each that was made is there and says what it said, none is there that
 * nobody made, and those are withdrawn, and from the day, of which the log tells.
 *
 * @throws Fault `statement-changed` (exit 5)
 */
export async function requireStatementsAsLogged(repositories: Repositories): Promise<void> {
  const statements = new Map((await repositories.gates.list()).map((statement) => [statement.id, statement]));
  const withdrawn = new Map<string, unknown>();
  for await (const { subject, data } of entriesOf(repositories, 'gate.withdraw')) {
    withdrawn.set(String(subject.statement), data.withdrawn_on);
  }
  for await (const { subject, data } of entriesOf(repositories, 'gate.state')) {
    const id = String(subject.statement);
    const statement = statements.get(id);
    if (statement === undefined) throw changed(id, 'it is gone');
    if (!saysTheSame(statement, data)) throw changed(id, 'it says something else');
    if (statement.withdrawnOn !== (withdrawn.get(id) ?? null)) throw changed(id, 'its withdrawal differs');
    if ((statement.withdrawnOn === null) !== (statement.withdrawnAt === null))
      throw changed(id, 'its withdrawal differs');
    statements.delete(id);
  }
  const [unknown] = statements.keys();
  if (unknown !== undefined) throw changed(unknown, 'nobody made it');
}

/** Entries of the first version hold no digest, only how many scopes of each kind there are. */
function saysTheSame(statement: GateStatement, data: LogEntry['data']): boolean {
  if (data.statement_sha256 !== undefined) return data.statement_sha256 === statementDigest(statement);
  const { kind, statedOn, scopes } = statement;
  return (
    data.kind === kind &&
    data.stated_on === statedOn &&
    canonicalJson(data.scopes ?? {}) === canonicalJson(countKinds(scopes))
  );
}

/** How many scopes of each kind there are. */
export function countKinds(scopes: readonly StatementScope[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind } of scopes) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

function changed(id: string, what: string): Error {
  return verificationFailed(
    'statement-changed',
    `The statement ${id} is not what the log says of it: ${what}`,
    {
      hint: 'Somebody changed the database. Run: quietus log verify, keep the workspace as it is, and dispose of nothing until this is explained',
    },
  );
}
