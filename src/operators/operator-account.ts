import { userInfo } from 'node:os';
import { badInput, type Operator, refused } from '../model/index.js';
import type { Repositories } from '../store/index.js';
import { requireDeactivationsAsLogged } from './operator-evidence.js';

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

/** @returns the name without spaces around it @throws Fault `operator-name-invalid` */
export function requireOperatorName(name: string): string {
  const line = name.trim();
  if (line !== '' && line.length <= 200 && !/\p{Cc}/u.test(line)) return line;
  throw badInput(
    'operator-name-invalid',
    'The name of an operator is text on one line of at most 200 characters',
    {
      hint: 'Give the full name of the person, as it is to be printed on certificates',
    },
  );
}

/**
 * The active operator who is bound to the account (201 CMR 17.04(1): unique ids; 17.04(2)(b): active users only).
 *
 * @throws Fault `operator-unknown`, `operator-registered`, `operator-deactivated` (exit 4), each with what to do,
 *   `operator-changed` (exit 5)
 */
export async function operatorOf(repositories: Repositories, account: Account): Promise<Operator> {
  const operator = await repositories.operators.ofAccount(account.name, account.uid);
  if (operator) await requireDeactivationsAsLogged(repositories, operator.id);
  if (operator && operator.publicKey !== '') return operator;
  if (operator) {
    throw refused('operator-registered', `The operator ${operator.id} has no confirmed key yet`, {
      hint: `Under this account run: quietus operator enroll; then another operator runs: quietus operator confirm ${operator.id}`,
      details: { uid: account.uid },
    });
  }
  const earlier = await formerOperator(repositories, account);
  if (earlier) {
    throw refused('operator-deactivated', `The operator ${earlier} of this account was deactivated`, {
      hint: 'Another operator can register the account again under a new id: quietus operator add',
      details: { uid: account.uid },
    });
  }
  throw refused('operator-unknown', 'This account is no active operator of this workspace', {
    hint: 'Run the command as the account of an operator, or have an operator register it: quietus operator add',
    details: { uid: account.uid },
  });
}

async function formerOperator(repositories: Repositories, account: Account): Promise<string | undefined> {
  const operators = await repositories.operators.list();
  return operators.findLast(
    ({ accountUid, account: name }) => accountUid === account.uid && name === account.name,
  )?.id;
}
