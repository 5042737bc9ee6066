import type { Knex } from 'knex';
import type { Identity, IdentityKind } from '../../model/index.js';

interface IdentityRow {
  name: string;
  kind: IdentityKind;
  owner: string;
  public_key: string;
  fingerprint: string;
  created_at: string;
  retired_at: string | null;
  retired_by: string | null;
  replaced_by: string | null;
}

export class IdentityRepository {
  constructor(private readonly database: Knex) {}

  async insert(identity: Identity): Promise<void> {
    await this.database('identities').insert({
      name: identity.name,
      kind: identity.kind,
      owner: identity.owner,
      public_key: identity.publicKey,
      fingerprint: identity.fingerprint,
      created_at: identity.createdAt,
      retired_at: identity.retiredAt,
      retired_by: identity.retiredBy,
      replaced_by: identity.replacedBy,
    } satisfies IdentityRow);
  }

  async get(name: string): Promise<Identity | undefined> {
    const row: IdentityRow | undefined = await this.database('identities').where({ name }).first();
    return row && identity(row);
  }

  async list(): Promise<Identity[]> {
    const rows: IdentityRow[] = await this.database('identities').orderBy('name');
    return rows.map(identity);
  }

  /** @returns whether it was there and not retired */
  async retire(
    name: string,
    retirement: { at: string; by: string; replacedBy: string | null },
  ): Promise<boolean> {
    const changed = await this.database('identities').where({ name }).whereNull('retired_at').update({
      retired_at: retirement.at,
      retired_by: retirement.by,
      replaced_by: retirement.replacedBy,
    });
    return changed === 1;
  }
}

function identity(row: IdentityRow): Identity {
  return {
    name: row.name,
    kind: row.kind,
    owner: row.owner,
    publicKey: row.public_key,
    fingerprint: row.fingerprint,
    createdAt: row.created_at,
    retiredAt: row.retired_at,
    retiredBy: row.retired_by,
    replacedBy: row.replaced_by,
  };
}
