import type { Knex } from 'knex';
import type { Hold, HoldScope, HoldScopeKind } from '../../model/index.js';

interface HoldRow {
  id: string;
  matter: string;
  reason: string | null;
  placed_at: string;
  placed_by: string;
  released_at: string | null;
  released_by: string | null;
  release_reason: string | null;
}

interface ScopeRow {
  hold_id: string;
  kind: HoldScopeKind;
  value: string;
}

const SCOPE_ROWS = 500;

export class HoldRepository {
  constructor(private readonly database: Knex | Knex.Transaction) {}

  async insert(hold: Hold): Promise<void> {
    await this.database('holds').insert({
      id: hold.id,
      matter: hold.matter,
      reason: hold.reason,
      placed_at: hold.placedAt,
      placed_by: hold.placedBy,
      released_at: hold.releasedAt,
      released_by: hold.releasedBy,
      release_reason: hold.releaseReason,
    });
    for (let at = 0; at < hold.scopes.length; at += SCOPE_ROWS) {
      const rows = hold.scopes.slice(at, at + SCOPE_ROWS).map((scope) => ({ hold_id: hold.id, ...scope }));
      await this.database('hold_scopes').insert(rows);
    }
  }

  async get(id: string): Promise<Hold | undefined> {
    return (await this.load(this.database('holds').where('id', id)))[0];
  }

  /** Holds in force. */
  async active(): Promise<Hold[]> {
    return await this.load(this.database('holds').whereNull('released_at').orderBy('id'));
  }

  /** A text that changes whenever a hold is placed or released: a cheap way to see that nothing has changed. */
  async revision(): Promise<string> {
    const rows: { placed: number | string; released: number | string }[] = await this.database('holds').count(
      {
        placed: 'id',
        released: 'released_at',
      },
    );
    return `${rows[0]?.placed ?? 0}/${rows[0]?.released ?? 0}`;
  }

  async list(): Promise<Hold[]> {
    return await this.load(this.database('holds').orderBy('placed_at').orderBy('id'));
  }

  /** The next number of a year for ids of the form `H-YYYY-NNNN`, starting at 1. Holds are never deleted. */
  async nextSequence(year: number): Promise<number> {
    const prefix = `H-${year}-`;
    const rows: { id: string }[] = await this.database('holds')
      .where('id', '>=', prefix)
      .where('id', '<', `H-${year}.`)
      .select('id');
    return rows.reduce((last, row) => Math.max(last, Number(row.id.slice(prefix.length))), 0) + 1;
  }

  /** @returns false where the hold does not exist or was released before */
  async release(id: string, release: { at: string; by: string; reason: string }): Promise<boolean> {
    const changed = await this.database('holds')
      .where('id', id)
      .whereNull('released_at')
      .update({ released_at: release.at, released_by: release.by, release_reason: release.reason });
    return changed === 1;
  }

  private async load(query: Knex.QueryBuilder): Promise<Hold[]> {
    const rows = (await query) as HoldRow[];
    const scopes = new Map<string, HoldScope[]>(rows.map((row) => [row.id, []]));
    const scopeRows: ScopeRow[] = await this.database('hold_scopes')
      .whereIn('hold_id', [...scopes.keys()])
      .orderBy(['hold_id', 'kind', 'value']);
    for (const row of scopeRows) scopes.get(row.hold_id)?.push({ kind: row.kind, value: row.value });
    return rows.map((row) => ({
      id: row.id,
      matter: row.matter,
      reason: row.reason,
      scopes: scopes.get(row.id) ?? [],
      placedAt: row.placed_at,
      placedBy: row.placed_by,
      releasedAt: row.released_at,
      releasedBy: row.released_by,
      releaseReason: row.release_reason,
    }));
  }
}
