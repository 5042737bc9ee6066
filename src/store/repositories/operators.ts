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
  constructor(private readonly database: Knex) {}

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

  /** The operator of an operating-system account who is not deactivated, if there is one. */
  async ofAccount(account: string, uid: number): Promise<Operator | undefined> {
    const row: OperatorRow | undefined = await this.database('operators')
      .where({ account, account_uid: uid })
      .whereNull('deactivated_at')
      .first();
    return row && operator(row);
  }

  /** Gives an operator the public key, once. @returns whether the operator had none and is not deactivated */
  async setPublicKey(id: string, publicKey: string): Promise<boolean> {
    const changed = await this.database('operators')
      .where({ id, public_key: '' })
      .whereNull('deactivated_at')
      .update({ public_key: publicKey });
    return changed === 1;
  }

  /** @returns whether the operator was there and not deactivated */
  async deactivate(id: string, at: string): Promise<boolean> {
    const changed = await this.database('operators')
      .where({ id })
      .whereNull('deactivated_at')
      .update({ deactivated_at: at });
    return changed === 1;
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
