import { entriesOf, type LogEntry } from '../audit/index.js';
import { canonicalJson, sha256 } from '../crypto/index.js';
import {
  type Authority,
  badInput,
  type PathFingerprint,
  type PiElement,
  type Reason,
  verificationFailed,
} from '../model/index.js';
import type { Session } from '../session/index.js';
import type { DisposalTarget, OverwriteMethodId } from '../shred/index.js';
import type { Repositories, Run, RunTarget } from '../store/index.js';
import type { SelectedPath } from './path-examination.js';

/** What a person says of what they dispose of; whatever is null is printed as not stated. */
export interface DisposalStatement {
  /** Why it is destroyed, in their words. */
  ground: string | null;
  recordClass: string | null;
  classTitle: string | null;
  authority: Authority | null;
  piElements: readonly PiElement[];
  dataSubjects: number | null;
}

/** One line of the frozen list that a run without a plan works through. */
export interface AdHocLine {
  itemId: string;
  location: string;
  /** Another path that led there when it was named. */
  alias: string | null;
  medium: 'file' | 'folder';
  fingerprint: PathFingerprint | null;
  left: Reason | null;
  /** Whether `itemId` is that of a handed-over item of the inventory. */
  transferred: boolean;
  method: OverwriteMethodId;
  stated: DisposalStatement;
  /** It shares files with other lines (hard links), so that they are worked on together; left out where not. */
  linked?: true;
  /** Attributes and permission bits that forbid changes may be taken away; left out where not. */
  liftProtection?: true;
}

export function adHocLines(
  runId: string,
  paths: readonly SelectedPath[],
  statement: DisposalStatement,
  { method, liftProtection }: { method: OverwriteMethodId; liftProtection: boolean },
): AdHocLine[] {
  return paths.map(({ position, location, alias, medium, fingerprint, left, transferred, linked }) => ({
    itemId: transferred?.id ?? `${runId}/${position}`,
    location,
    alias,
    medium,
    fingerprint,
    left,
    transferred: transferred !== null,
    method,
    stated: transferred === null ? statement : statementOfItem(statement, transferred),
    ...(linked && { linked }),
    ...(liftProtection && { liftProtection }),
  }));
}

/** What the inventory says of a handed-over item, where the person says nothing else. */
function statementOfItem(
  statement: DisposalStatement,
  item: { piElements: readonly PiElement[]; dataSubjects: number | null },
): DisposalStatement {
  return {
    ...statement,
    piElements: statement.piElements.length > 0 ? statement.piElements : item.piElements,
    dataSubjects: statement.dataSubjects ?? item.dataSubjects,
  };
}

export function runTargets(lines: readonly AdHocLine[]): RunTarget[] {
  return lines.map((line, position) => ({ position, itemId: line.itemId, line: canonicalJson(line) }));
}

/** SHA-256, hex, over the lines, each closed by a line feed; the log keeps it. */
export function listDigest(targets: readonly RunTarget[]): string {
  return sha256(targets.map(({ line }) => `${line}\n`).join(''));
}

/**
 * Reads the list of a run back, and compares it with the digest that the log has of it: what is destroyed after a
 * crash is what the person confirmed, whatever the database says now.
 *
 * @throws Fault `disposal-changed` (exit 5)
 */
export async function frozenList(repositories: Repositories, run: Run): Promise<AdHocLine[]> {
  const targets = await repositories.runs.targets(run.id);
  const entry = await listEntry(repositories, run);
  if (entry?.data.sha256 === listDigest(targets))
    return targets.map(({ line }) => JSON.parse(line) as AdHocLine);
  throw verificationFailed(
    'disposal-changed',
    `What is stored of ${run.id} is not what was to be disposed of when it began`,
    { hint: 'Somebody changed the database. Run: quietus log verify, and keep the workspace as it is' },
  );
}

/** The entry of the log with which a run without a plan began. */
export async function listEntry(repositories: Repositories, run: Run): Promise<LogEntry | undefined> {
  for await (const entry of entriesOf(repositories, 'dispose.list')) {
    if (entry.subject.run === run.id) return entry;
  }
  return undefined;
}

/** @throws Error for a line of something that cannot be destroyed */
export function targetOf({ itemId, location, medium, fingerprint }: AdHocLine): DisposalTarget {
  if (fingerprint === null)
    throw new Error('A line without a fingerprint names nothing that can be destroyed');
  return { itemId, location, medium, fingerprint };
}

/** The run without a plan that was cut off. @throws Fault `run-unknown`, `run-finished` (exit 2) */
export async function cutOffRun(session: Session, runId: string): Promise<Run> {
  const run = await session.store.runs.get(runId);
  if (run === undefined || run.kind !== 'ad-hoc') {
    throw badInput('run-unknown', 'There is no such disposal to continue', {
      hint: 'quietus dispose --list shows those that were cut off',
    });
  }
  const certified = (await session.store.certificates.ofRun(run.id)) !== undefined;
  if (run.finishedAt === null || !certified) return run;
  throw badInput('run-finished', `The disposal ${run.id} ended on ${run.finishedAt}`);
}
