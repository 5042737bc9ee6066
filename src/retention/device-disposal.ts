import type { DeviceAuthority } from '../disposal/index.js';
import { refused } from '../model/index.js';
import type { Session } from '../session/index.js';
import { dateIn } from '../workspace/index.js';
import { approvalsNow, requireApproved } from './approval.js';
import { plannedLines, requireMethod, requireStillDue } from './by-hand-checks.js';
import { requireFactsAsLogged } from './logged-facts.js';
import { verifiedPlan } from './plan-reading.js';
import { certifiedApprovals } from './run-certificate.js';

/**
 * By which a device of the inventory is sanitized and closed: the plan decides as it does for what people destroy. The item
 * must be in the approved plan, still due, on no hold, and as it was when it was planned.
 */
export function deviceAuthority(session: Session): DeviceAuthority {
  return {
    async authorize(transaction, planId, itemId) {
      const { plan, schedule } = await verifiedPlan(session, planId);
      if (plan.asOf > session.today()) {
        throw refused(
          'plan-in-future',
          `The plan ${plan.id} was made for ${plan.asOf}, which has not come yet`,
        );
      }
      const lines = await plannedLines(session, plan, [itemId]);
      for (const line of lines) requireMethod(line, 'erased');
      const { id, name } = await session.operator();
      const attested = {
        ...{ method: 'erased' as const, performedBy: name, performedOn: session.today(), recordedBy: id },
        ...{ witness: null, vendor: null, reference: null },
      };
      await requireApproved(session, plan, approvalsNow(session), transaction);
      await requireFactsAsLogged(transaction, session.settings());
      await requireStillDue(session, transaction, { lines, attested, planned: schedule.classes });
    },
    async certified(planId, startedAt) {
      const { plan } = await verifiedPlan(session, planId);
      const day = dateIn(session.settings().timeZone, new Date(startedAt));
      const { id, sha256, asOf, scheduleVersion } = plan;
      return {
        plan: { id, sha256, asOf, scheduleVersion },
        approvals: await certifiedApprovals(session, plan, { at: startedAt, day, begun: true }),
      };
    },
  };
}
