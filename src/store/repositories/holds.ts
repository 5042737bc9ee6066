import type { Knex } from 'knex';
import type { CalendarDate, Hold, HoldScope, HoldScopeKind } from '../../model/index.js';

interface HoldRow {
  id: string;
  matter: string;
  reason: string | null;
  placed_at: string;
  placed_by: string;
  released_at: string | null;
  released_by: string | null;
  release_reason: string | null;
  cooling_off_until: string | null;
}

interface ScopeRow {
  hold_id: string;
  kind: HoldScopeKind;
  value: string;
}

interface HoldRelease {
  at: string;
  by: string;
  reason: string;
  coolingOffUntil: CalendarDate | null;
}

const SCOPE_ROWS = 500;

export class HoldRepository {
  constructor(private readonly database: Knex) {}

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
      cooling_off_until: hold.coolingOffUntil,
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

  /** Holds in force, and those that were released with a cooling-off period, whether it is over or not. */
  async standing(): Promise<Hold[]> {
    const query = this.database('holds').whereNull('released_at').orWhereNotNull('cooling_off_until');
    return await this.load(query.orderBy('id'));
  }

  /**
   * A text that changes whenever a hold is placed or released, a statement about a gate is recorded or withdrawn, or an
   * event is recorded: a cheap way to see that nothing has changed that decisions rest on, beside items and schedule.
   */
  async revision(): Promise<string> {
    const count = (what: string, table: string, name: string) =>
      this.database.raw('(select count(??) from ??) as ??', [what, table, name]);
    const rows: Record<string, number | string>[] = await this.database.select(
      count('id', 'holds', 'placed'),
      count('released_at', 'holds', 'released'),
      count('id', 'gate_statements', 'stated'),
      count('withdrawn_at', 'gate_statements', 'withdrawn'),
      this.database.raw('(select max(id) from events) as event'),
    );
    return Object.values(rows[0] ?? {}).join('/');
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
  async release(id: string, release: HoldRelease): Promise<boolean> {
    const changed = await this.database('holds').where('id', id).whereNull('released_at').update({
      released_at: release.at,
      released_by: release.by,
      release_reason: release.reason,
      cooling_off_until: release.coolingOffUntil,
    });
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
      coolingOffUntil: row.cooling_off_until as CalendarDate | null,
    }));
  }
}
