import type { Knex } from 'knex';
import type { Operator } from '../../model/index.js';

interface OperatorRow {
  id: string;
  name: string;
  account: string;
  account_uid: number;
  public_key: string;
  created_at: string;
  deactivated_at: string | null;
}

export class OperatorRepository {
  constructor(private readonly database: Knex | Knex.Transaction) {}

  async insert(operator: Operator): Promise<void> {
    await this.database('operators').insert({
      id: operator.id,
      name: operator.name,
      account: operator.account,
      account_uid: operator.accountUid,
      public_key: operator.publicKey,
      created_at: operator.createdAt,
      deactivated_at: operator.deactivatedAt,
    });
  }

  async get(id: string): Promise<Operator | undefined> {
    const row: OperatorRow | undefined = await this.database('operators').where('id', id).first();
    return row && operator(row);
  }

  async list(): Promise<Operator[]> {
    const rows: OperatorRow[] = await this.database('operators').orderBy('id');
    return rows.map(operator);
  }

  /** The active operator of an operating-system account, if there is one. */
  async activeForAccount(account: string, uid: number): Promise<Operator | undefined> {
    const row: OperatorRow | undefined = await this.database('operators')
      .where({ account, account_uid: uid })
      .whereNull('deactivated_at')
      .first();
    return row && operator(row);
  }
}

function operator(row: OperatorRow): Operator {
  return {
    id: row.id,
    name: row.name,
    account: row.account,
    accountUid: row.account_uid,
    publicKey: row.public_key,
    createdAt: row.created_at,
    deactivatedAt: row.deactivated_at,
  };
}
