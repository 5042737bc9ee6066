import { userInfo } from 'node:os';
import { badInput, type Operator, refused } from '../model/index.js';
import type { Repositories } from '../store/index.js';

/** The operating-system account that this process runs as. */
export interface Account {
  name: string;
  uid: number;
}

export function currentAccount(): Account {
  try {
    const user = userInfo();
    return { name: user.username, uid: user.uid };
  } catch {
    // Containers run under numbers that no account data base knows.
    const uid = process.getuid?.() ?? -1;
    return { name: `uid-${uid}`, uid };
  }
}

const OPERATOR_ID = /^[a-z0-9][a-z0-9._-]{1,31}$/;

export function isOperatorId(id: string): boolean {
  return OPERATOR_ID.test(id);
}

/** @throws Fault `operator-id-invalid` */
export function requireOperatorId(id: string): string {
  if (isOperatorId(id)) return id;
  throw badInput(
    'operator-id-invalid',
    'An operator id has 2 to 32 characters: a-z, 0-9, dot, underscore, hyphen',
    {
      hint: 'Use a login name, such as jdoe; never a Social Security or employee number',
    },
  );
}

/**
 * The operator who is bound to the account (201 CMR 17.04(1): unique ids; 17.04(2): active users only).
 *
 * @throws Fault `operator-unknown` (exit 4)
 */
export async function operatorOf(repositories: Repositories, account: Account): Promise<Operator> {
  const operator = await repositories.operators.activeForAccount(account.name, account.uid);
  if (operator) return operator;
  throw refused('operator-unknown', 'This account is no active operator of this workspace', {
    hint: 'Run the command as the account of an operator',
    details: { uid: account.uid },
  });
}
