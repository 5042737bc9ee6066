import { entriesOf } from '../audit/index.js';
import { verificationFailed } from '../model/index.js';
import type { Repositories } from '../store/index.js';

/**
 * Compares with the log that who was deactivated still is, and since then: approvals of such a person do not count.
 *
 * @param id of the operator to look at; all of them where not given
 * @throws Fault `operator-changed` (exit 5)
 */
export async function requireDeactivationsAsLogged(repositories: Repositories, id?: string): Promise<void> {
  for await (const { seq, time, subject } of entriesOf(repositories, 'operator.deactivate')) {
    const told = String(subject.operator);
    if (id !== undefined && told !== id) continue;
    const at = (await repositories.operators.get(told))?.deactivatedAt ?? null;
    if (at !== null && at <= time) continue;
    throw verificationFailed(
      'operator-changed',
      `The operator ${told} was deactivated, of which entry ${seq} of the log tells, and the database says something else`,
      {
        hint: 'Somebody changed the database. Run: quietus log verify, keep the workspace as it is, and dispose of nothing until this is explained',
        details: { operator: told, seq },
      },
    );
  }
}
