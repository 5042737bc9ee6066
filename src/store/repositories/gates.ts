import type { Knex } from 'knex';
import type { CalendarDate, GateStatement, StatementKind, StatementScope } from '../../model/index.js';

interface StatementRow {
  id: string;
  kind: StatementKind;
  party: string | null;
  stated_on: string;
  stated_by: string;
  reference: string | null;
  recorded_at: string;
  recorded_by: string;
  withdrawn_on: string | null;
  withdrawn_at: string | null;
  withdrawn_by: string | null;
}

interface ScopeRow extends StatementScope {
  statement_id: string;
}

const SCOPE_ROWS = 500;

export class GateRepository {
  constructor(private readonly database: Knex) {}

  async insert(statement: GateStatement): Promise<void> {
    await this.database('gate_statements').insert({
      id: statement.id,
      kind: statement.kind,
      party: statement.party,
      stated_on: statement.statedOn,
      stated_by: statement.statedBy,
      reference: statement.reference,
      recorded_at: statement.recordedAt,
      recorded_by: statement.recordedBy,
      withdrawn_on: statement.withdrawnOn,
      withdrawn_at: statement.withdrawnAt,
      withdrawn_by: statement.withdrawnBy,
    });
    for (let at = 0; at < statement.scopes.length; at += SCOPE_ROWS) {
      const rows = statement.scopes.slice(at, at + SCOPE_ROWS);
      await this.database('gate_scopes').insert(
        rows.map((scope) => ({ statement_id: statement.id, ...scope })),
      );
    }
  }

  async get(id: string): Promise<GateStatement | undefined> {
    return (await this.load(this.database('gate_statements').where('id', id)))[0];
  }

  /** Statements that were not withdrawn, and charges, closed ones too. */
  async counting(): Promise<GateStatement[]> {
    const query = this.database('gate_statements').whereNull('withdrawn_at').orWhere('kind', 'open-charge');
    return await this.load(query.orderBy('id'));
  }

  async list(): Promise<GateStatement[]> {
    return await this.load(this.database('gate_statements').orderBy('id'));
  }

  /** The next number of a year for ids of the form `G-YYYY-NNNN`, starting at 1. Statements are never deleted. */
  async nextSequence(year: number): Promise<number> {
    const prefix = `G-${year}-`;
    const rows: { id: string }[] = await this.database('gate_statements')
      .where('id', '>=', prefix)
      .where('id', '<', `G-${year}.`)
      .select('id');
    return rows.reduce((last, row) => Math.max(last, Number(row.id.slice(prefix.length))), 0) + 1;
  }

  /** @returns false where there is no such statement or it was withdrawn before */
  async withdraw(id: string, withdrawal: { on: CalendarDate; at: string; by: string }): Promise<boolean> {
    const changed = await this.database('gate_statements')
      .where('id', id)
      .whereNull('withdrawn_at')
      .update({ withdrawn_on: withdrawal.on, withdrawn_at: withdrawal.at, withdrawn_by: withdrawal.by });
    return changed === 1;
  }

  private async load(query: Knex.QueryBuilder): Promise<GateStatement[]> {
    const rows = (await query) as StatementRow[];
    const scopes = new Map<string, StatementScope[]>(rows.map((row) => [row.id, []]));
    const ids = [...scopes.keys()];
    for (let at = 0; at < ids.length; at += SCOPE_ROWS) {
      const found: ScopeRow[] = await this.database('gate_scopes')
        .whereIn('statement_id', ids.slice(at, at + SCOPE_ROWS))
        .orderBy(['statement_id', 'kind', 'value']);
      for (const { statement_id, kind, value } of found) scopes.get(statement_id)?.push({ kind, value });
    }
    return rows.map((row) => ({
      id: row.id,
      kind: row.kind,
      party: row.party,
      scopes: scopes.get(row.id) ?? [],
      statedOn: row.stated_on as CalendarDate,
      statedBy: row.stated_by,
      reference: row.reference,
      recordedAt: row.recorded_at,
      recordedBy: row.recorded_by,
      withdrawnOn: row.withdrawn_on as CalendarDate | null,
      withdrawnAt: row.withdrawn_at,
      withdrawnBy: row.withdrawn_by,
    }));
  }
}
