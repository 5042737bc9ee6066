import type { Knex } from 'knex';
import type { Outcome } from '../../model/index.js';

/** The sanitization of one whole device. `target` and `result` are JSON that the disposal writes and reads. */
export interface SanitizationRecord {
  id: string;
  itemId: string | null;
  confirmation: string;
  state: 'begun' | 'marked' | 'done';
  method: string;
  technique: string;
  target: string;
  outcome: Outcome | null;
  result: string | null;
  startedAt: string;
  startedBy: string;
  finishedAt: string | null;
  intentSeq: number;
  outcomeSeq: number | null;
}

interface SanitizationRow {
  id: string;
  item_id: string | null;
  confirmation: string;
  state: SanitizationRecord['state'];
  method: string;
  technique: string;
  target: string;
  outcome: Outcome | null;
  result: string | null;
  started_at: string;
  started_by: string;
  finished_at: string | null;
  intent_seq: number;
  outcome_seq: number | null;
}

export class SanitizationRepository {
  constructor(private readonly database: Knex) {}

  async insert(record: SanitizationRecord): Promise<void> {
    await this.database('sanitizations').insert({
      id: record.id,
      item_id: record.itemId,
      confirmation: record.confirmation,
      state: record.state,
      method: record.method,
      technique: record.technique,
      target: record.target,
      outcome: record.outcome,
      result: record.result,
      started_at: record.startedAt,
      started_by: record.startedBy,
      finished_at: record.finishedAt,
      intent_seq: record.intentSeq,
      outcome_seq: record.outcomeSeq,
    });
  }

  /** @returns false where it was not in the state `begun` */
  async setMarked(id: string): Promise<boolean> {
    const changed = await this.database('sanitizations')
      .where({ id, state: 'begun' })
      .update({ state: 'marked' });
    return changed === 1;
  }

  async finish(
    id: string,
    end: { outcome: Outcome; result: string; finishedAt: string; outcomeSeq: number },
  ): Promise<void> {
    await this.database('sanitizations').where('id', id).whereNull('finished_at').update({
      state: 'done',
      outcome: end.outcome,
      result: end.result,
      finished_at: end.finishedAt,
      outcome_seq: end.outcomeSeq,
    });
  }

  async get(id: string): Promise<SanitizationRecord | undefined> {
    const row: SanitizationRow | undefined = await this.database('sanitizations').where('id', id).first();
    return row && record(row);
  }

  /** All of them, the latest first. */
  async list(): Promise<SanitizationRecord[]> {
    const rows: SanitizationRow[] = await this.database('sanitizations').orderBy([
      { column: 'started_at', order: 'desc' },
      'id',
    ]);
    return rows.map(record);
  }

  /** Those of a device that were cut off, oldest first. */
  async openOf(confirmation: string): Promise<SanitizationRecord[]> {
    const rows: SanitizationRow[] = await this.database('sanitizations')
      .where('confirmation', confirmation)
      .whereNull('finished_at')
      .orderBy(['started_at', 'id']);
    return rows.map(record);
  }
}

function record(row: SanitizationRow): SanitizationRecord {
  return {
    id: row.id,
    itemId: row.item_id,
    confirmation: row.confirmation,
    state: row.state,
    method: row.method,
    technique: row.technique,
    target: row.target,
    outcome: row.outcome,
    result: row.result,
    startedAt: row.started_at,
    startedBy: row.started_by,
    finishedAt: row.finished_at,
    intentSeq: row.intent_seq,
    outcomeSeq: row.outcome_seq,
  };
}
