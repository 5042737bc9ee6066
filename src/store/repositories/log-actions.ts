import type { Knex } from 'knex';
import { isSqlite } from '../connection.js';

/** Actions of entries that later ones are judged by. */
const MARKS = ['log.accept-clock', 'settings.change', 'workspace.create'] as const;
export type MarkAction = (typeof MARKS)[number];

/** Actions whose entries are looked up: other tables are compared with them, or they tell what was acknowledged. */
const EVIDENCE = [
  'archive.open',
  'certificate.countersign',
  'certificate.issue',
  'certificate.signer',
  'certificate.void',
  'dispose.list',
  'event.record',
  'gate.state',
  'gate.withdraw',
  'hold.place',
  'hold.release',
  'log.archive',
  'log.new-epoch',
  'log.timestamp',
  'operator.add',
  'operator.deactivate',
  'recipient.add',
  'recipient.confirm',
  'recipient.remove',
  'recipient.rotate',
  'review.decide',
  'schedule.import',
  'sweep.approve',
  'sweep.plan',
] as const;
export type EvidenceAction = (typeof EVIDENCE)[number];

/** An index over entries of some actions. */
export interface IndexOfActions {
  name: string;
  /** Of the index, in their order. */
  columns: readonly ['seq'] | readonly ['action', 'seq'];
  actions: readonly string[];
  /** As the index has it in SQLite. */
  condition: string;
}

function conditionOf(actions: readonly string[]): string {
  return `instr('|${actions.join('|')}|', '|' || action || '|') > 0`;
}

export const MARKS_INDEX: IndexOfActions = {
  name: 'log_entries_marks',
  columns: ['seq'],
  actions: MARKS,
  condition: conditionOf(MARKS),
};
export const EVIDENCE_INDEX: IndexOfActions = {
  name: 'log_entries_evidence',
  columns: ['action', 'seq'],
  actions: EVIDENCE,
  condition: conditionOf(EVIDENCE),
};

/** The index that has the entries of an action; undefined where none has. */
export function indexOver(action: string): IndexOfActions | undefined {
  return [MARKS_INDEX, EVIDENCE_INDEX].find(({ actions }) => actions.includes(action));
}

/** The index's condition in the words that the database has it in: a query takes an index only by its very words. */
export function conditionIn(database: Knex, { actions, condition }: IndexOfActions): string {
  if (isSqlite(database)) return condition;
  return `action in (${actions.map((each) => `'${each}'`).join(', ')})`;
}
