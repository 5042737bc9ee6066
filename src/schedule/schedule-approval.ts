import type { KeyObject } from 'node:crypto';
import { Temporal } from 'temporal-polyfill';
import { canonicalJson, sha256, signText, verifyText } from '../crypto/index.js';
import {
  type CalendarDate,
  type Operator,
  refused,
  type ScheduleApproval,
  verificationFailed,
} from '../model/index.js';
import { requireProvenKey } from '../operators/index.js';
import type { Session } from '../session/index.js';
import type { Repositories } from '../store/index.js';
import { dateIn, instant } from '../workspace/index.js';
import { parsedSchedule, type ScheduleFile } from './schedule-source.js';

const FORMAT = 'quietus-schedule-approval/1';

/** What a person lets an import of one file do. */
interface Permitted {
  /** Version in force when it was approved: what the file changes depends on it. */
  base: number;
  moreDue: number;
}

/**
 * Signs that a schedule file may make up to so many more items due: Ed25519 over the canonical JSON of a statement that
 * names workspace, file, version in force, number, operator and time. A later approval of the same file by the same
 * operator takes the place of the earlier one.
 *
 * @throws Fault `schedule-invalid`, `key-not-yours`
 */
export async function approveSchedule(
  session: Session,
  file: ScheduleFile,
  moreDue: number,
  key: KeyObject,
): Promise<ScheduleApproval> {
  parsedSchedule(file);
  const operator = await session.operator();
  const digest = sha256(file.text);
  const approvedAt = instant(session.clock);
  return await session.store.transaction(async (transaction) => {
    const base = (await transaction.schedules.latest())?.version ?? 0;
    const statement = canonicalJson({
      format: FORMAT,
      workspace: session.settings().workspaceId,
      schedule_sha256: digest,
      version_in_force: base,
      more_due: moreDue,
      operator: operator.id,
      approved_at: approvedAt,
    });
    const signature = signText(statement, key);
    if (!verifyText(statement, signature, operator.publicKey)) {
      throw refused('key-not-yours', `The key is not the one registered for operator ${operator.id}`, {
        hint: 'Restore the right key file from a backup',
      });
    }
    const approval = { sha256: digest, operatorId: operator.id, approvedAt, statement, signature };
    await transaction.schedules.putApproval(approval);
    await session.recorder.append(transaction, {
      action: 'schedule.approve',
      outcome: 'done',
      data: { sha256: digest, version_in_force: base, more_due: moreDue, signature },
    });
    return approval;
  });
}

/**
 * Where the workspace asks for two people before a plan runs, one person alone must not make the plan longer by a rule:
 * as many others as it asks for beside the one who imports must have approved this very file, for this number.
 *
 * @param moreDue what the import makes due
 * @throws Fault `schedule-approval-missing` (exit 4), `approval-forged` (exit 5)
 */
export async function requireScheduleApproved(
  session: Session,
  repositories: Repositories,
  change: { sha256: string; base: number; moreDue: number; fileName: string },
): Promise<void> {
  const needed = session.settings().approvals.minimum - 1;
  if (needed < 1 || change.moreDue === 0) return;
  const importer = await session.operator();
  const counted = new Set<string>();
  for (const approval of await repositories.schedules.approvals(change.sha256)) {
    const operator = await repositories.operators.get(approval.operatorId);
    if (operator === undefined || operator.deactivatedAt !== null || operator.id === importer.id) continue;
    if (lapses(session, approval) < session.today()) continue;
    await requireProvenKey(session, repositories, operator);
    const { base, moreDue } = permitted(session, approval, operator);
    if (base === change.base && moreDue >= change.moreDue) counted.add(operator.id);
  }
  if (counted.size >= needed) return;
  throw refused(
    'schedule-approval-missing',
    `The schedule makes ${change.moreDue} more items due, and has ${counted.size} of the ${needed} approvals of other people that it needs; nothing was changed`,
    {
      hint: `Another operator approves it with: quietus schedule approve ${change.fileName} --allow-more-due ${change.moreDue}`,
      details: { more_due: change.moreDue, approvals: counted.size, needed },
    },
  );
}

/** Last day, in the organization's time zone, on which it counts. */
function lapses(session: Session, { approvedAt }: ScheduleApproval): CalendarDate {
  const { approvals, timeZone } = session.settings();
  const given = Temporal.PlainDate.from(dateIn(timeZone, new Date(approvedAt)));
  return given.add({ days: approvals.validDays }).toString() as CalendarDate;
}

function permitted(session: Session, approval: ScheduleApproval, operator: Operator): Permitted {
  if (verifyText(approval.statement, approval.signature, operator.publicKey)) {
    const statement = JSON.parse(approval.statement) as Record<string, unknown>;
    const genuine =
      statement.format === FORMAT &&
      statement.workspace === session.settings().workspaceId &&
      statement.schedule_sha256 === approval.sha256 &&
      statement.operator === operator.id &&
      statement.approved_at === approval.approvedAt;
    if (genuine) return { base: Number(statement.version_in_force), moreDue: Number(statement.more_due) };
  }
  throw verificationFailed(
    'approval-forged',
    `The approval of the schedule by ${operator.id} does not verify`,
    {
      hint: 'Somebody changed the database. Run: quietus log verify, and keep the workspace as it is',
    },
  );
}
