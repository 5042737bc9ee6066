import { badInput, type DeactivationReason, type Operator, operatorState, refused } from '../model/index.js';
import type { Repositories } from '../store/index.js';
import { groupOf, instant, shareWorkspace } from '../workspace/index.js';
import { type Account, requireOperatorId, requireOperatorName } from './operator-account.js';
import type { OperatorDesk } from './operator-desk.js';

/**
 * Registers a person under a unique id, bound to one account (201 CMR 17.04(1)(a)). It gives no right yet: the
 * person makes a key under that account, and an operator confirms it.
 *
 * @throws Fault `operator-id-invalid`, `operator-name-invalid`, `operator-exists` (an id is never given twice),
 *   `account-taken`, `workspace-not-shared`
 */
export async function addOperator(
  desk: OperatorDesk,
  request: { id: string; name: string; account: Account },
): Promise<Operator> {
  await desk.operator();
  const { account } = request;
  const operator: Operator = {
    id: requireOperatorId(request.id),
    name: requireOperatorName(request.name),
    account: account.name,
    accountUid: account.uid,
    publicKey: '',
    createdAt: instant(desk.clock),
    deactivatedAt: null,
  };
  requireShared(desk);
  await desk.store.transaction(async (transaction) => {
    if (await transaction.operators.get(operator.id)) {
      throw badInput(
        'operator-exists',
        `There is or was an operator ${operator.id}; ids are never used again`,
        {
          hint: 'Choose another id; see: quietus operator list --all',
        },
      );
    }
    const holder = (await transaction.operators.list()).find(
      (each) => each.deactivatedAt === null && each.accountUid === account.uid,
    );
    if (holder) {
      throw badInput('account-taken', `The account is bound to operator ${holder.id}`, {
        hint: 'One account is one person: give the person an account of their own on this machine',
      });
    }
    await transaction.operators.insert(operator);
    await desk.recorder.append(transaction, {
      action: 'operator.add',
      outcome: 'done',
      subject: { operator: operator.id },
      data: { account_uid: account.uid },
    });
  });
  return operator;
}

function requireShared({ paths }: OperatorDesk): void {
  if (process.platform === 'win32' || groupOf(paths.root) !== null) return;
  throw refused(
    'workspace-not-shared',
    'No other account can use this workspace: it is for its owner alone',
    {
      hint: 'Share it with a group of the operating system first: quietus operator share GROUP',
    },
  );
}

/**
 * Shares the workspace with a group of the operating system; the log says so.
 *
 * @throws Fault `group-refused` (exit 2)
 */
export async function shareWithGroup(desk: OperatorDesk, gid: number): Promise<void> {
  await desk.operator();
  await desk.store.transaction(async (transaction) => {
    await desk.recorder.append(transaction, {
      action: 'workspace.share',
      outcome: 'done',
      data: { group: gid },
    });
    await shareWorkspace(desk.paths, gid);
  });
}

/**
 * Takes all rights from an operator for ever (201 CMR 17.04(2)(b)). What the person approved and has not begun to
 * run no longer counts; what was run stays verifiable.
 *
 * @throws Fault `operator-missing`, `operator-deactivated` (exit 2), `operator-last` (exit 4)
 */
export async function deactivateOperator(
  desk: OperatorDesk,
  id: string,
  reason: DeactivationReason,
): Promise<Operator> {
  await desk.operator();
  return await desk.store.transaction(async (transaction) => {
    const operator = await requireOperator(transaction, id);
    if (operatorState(operator) === 'deactivated') {
      throw badInput('operator-deactivated', `The operator ${id} was deactivated before`);
    }
    const active = (await transaction.operators.list()).filter((each) => operatorState(each) === 'active');
    if (active.every((each) => each.id === id)) {
      throw refused(
        'operator-last',
        `${id} is the last active operator; nobody could use the workspace any more`,
        {
          hint: 'Register and confirm another one first: quietus operator add',
        },
      );
    }
    const deactivatedAt = instant(desk.clock);
    await transaction.operators.deactivate(id, deactivatedAt);
    await desk.recorder.append(transaction, {
      action: 'operator.deactivate',
      outcome: 'done',
      subject: { operator: id },
      data: { reason },
    });
    return { ...operator, deactivatedAt };
  });
}

/** @throws Fault `operator-missing` (exit 2) */
export async function requireOperator(repositories: Repositories, id: string): Promise<Operator> {
  const operator = await repositories.operators.get(id);
  if (operator) return operator;
  throw badInput('operator-missing', 'There is no operator of that id', {
    hint: 'See: quietus operator list --all',
  });
}
