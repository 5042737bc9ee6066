import { type AttestedStatement, attestedMethods } from '../certificate/index.js';
import { placesElsewhere } from '../disposal/index.js';
import { compileHolds } from '../holds/index.js';
import {
  type Approval,
  badInput,
  type CalendarDate,
  classesOf,
  disposalClause,
  type Hold,
  isDoneByProgram,
  type Plan,
  type RecordClass,
  refused,
} from '../model/index.js';
import type { Session } from '../session/index.js';
import type { StoredItem, StoreTransaction } from '../store/index.js';
import { dateIn } from '../workspace/index.js';
import { neededApprovals } from './approval-need.js';
import { requireEventsOfItems } from './event-evidence.js';
import { itemDigest } from './item-digest.js';
import type { Overlap } from './location-overlap.js';
import { overlapsOfArchives } from './overlap-search.js';
import type { PlanItemLine } from './plan-document.js';
import { parsedLine } from './plan-reading.js';
import { type Rulebook, readRulebook } from './rulebook.js';

export async function plannedLines(
  session: Session,
  plan: Plan,
  ids: readonly string[],
): Promise<PlanItemLine[]> {
  const lines: PlanItemLine[] = [];
  for (let at = 0; at < ids.length; at += IDS_AT_ONCE) {
    const stored = await session.store.plans.linesOf(plan.id, ids.slice(at, at + IDS_AT_ONCE));
    lines.push(...stored.flatMap((each) => parsedLine(each) ?? []));
  }
  const disposals = lines.filter((line) => line.decision === 'dispose');
  const missing = ids.filter((id) => !disposals.some((line) => line.itemId === id));
  if (missing.length === 0) return disposals;
  throw badInput('item-not-planned', `The plan ${plan.id} does not dispose of: ${missing.join(', ')}`, {
    hint: `See what it holds with: quietus sweep show ${plan.id}`,
  });
}

const IDS_AT_ONCE = 500;

/** @throws Fault `medium-by-program`, `method-not-allowed` (exit 2) */
export function requireMethod(line: PlanItemLine, method: AttestedStatement['method']): void {
  if (isDoneByProgram(line)) {
    throw badInput(
      'medium-by-program',
      `${line.itemId} is a ${line.medium}, which the sweep destroys by itself`,
      {
        hint: 'Run the plan with: quietus sweep run PLAN',
      },
    );
  }
  if (line.medium === 'archive') {
    throw badInput('medium-by-program', `${line.itemId} is an archive, whose key this program destroys`, {
      hint: `Run: quietus archive erase ${line.itemId} --plan PLAN`,
    });
  }
  const clause = disposalClause(line.medium);
  const allowed = attestedMethods(clause);
  if (allowed.includes(method)) return;
  throw badInput(
    'method-not-allowed',
    `M.G.L. c. 93I § 2(${clause}) does not name "${method}" for ${line.medium} (${line.itemId})`,
    { hint: `Use one of: ${allowed.join(', ')}` },
  );
}

/** The schedule can ask for more than the law does: records of this class are shredded, and not only redacted. */
function requireSanitization(item: StoredItem, classes: readonly RecordClass[], method: string): void {
  for (const { id, sanitization } of classes) {
    const asked = sanitization[item.medium];
    if (asked === undefined || asked === method) continue;
    throw refused('method-not-enough', `${id} asks that ${item.medium} is ${asked} (${item.id})`, {
      hint: `Have it ${asked}, and record that`,
    });
  }
}

/** What the sweep asks of an item, and that its period had ended on the day of the destruction. */
export async function requireStillDue(
  session: Session,
  transaction: StoreTransaction,
  context: {
    lines: readonly PlanItemLine[];
    attested: AttestedStatement;
    planned: readonly RecordClass[];
  },
): Promise<void> {
  const { lines, attested, planned } = context;
  const rules = await readRulebook(transaction, session.settings());
  const items = await transaction.items.byIds(lines.map((line) => line.itemId));
  await requireEventsOfItems(transaction, [...items.values()]);
  const overlaps = await keptInArchives(session, transaction, rules, [...items.values()]);
  for (const line of lines) {
    const item = items.get(line.itemId);
    if (!item || itemDigest(item) !== line.itemSha256) {
      throw refused(
        'item-changed',
        `${line.itemId} has changed in the inventory since the plan was made`,
        NEW_PLAN,
      );
    }
    requireSanitization(item, rules.classesOf(item), attested.method);
    const overlap = overlaps.find(({ id }) => id === line.itemId);
    const judgement = rules.judge(item, item.state, session.today(), overlap ? [overlap.with] : []);
    if (judgement.decision !== 'dispose') {
      throw refused(judgement.reason, `${line.itemId} may not be disposed of. ${judgement.explanation}`);
    }
    const before = classesOf(item).flatMap((id) => planned.find((each) => each.id === id) ?? []);
    if (JSON.stringify(before) !== JSON.stringify(rules.classesOf(item))) {
      throw refused(
        'rule-changed',
        `The rule of ${line.itemId} has changed since the plan was made`,
        NEW_PLAN,
      );
    }
    for (const keepUntil of [line.keepUntil, judgement.due.keepUntil]) {
      requireAfterPeriod(line.itemId, keepUntil, attested.performedOn);
    }
    await requireFreeOn(session, transaction, { item, rules, day: attested.performedOn });
  }
}

/**
 * What has ended by the time that a destruction is written down may have kept the item on the day of it: a hold, its
 * cooling-off period, a gate, a decision to keep it.
 *
 * @throws Fault `destroyed-while-kept` (exit 4)
 */
async function requireFreeOn(
  session: Session,
  transaction: StoreTransaction,
  { item, rules, day }: { item: StoredItem; rules: Rulebook; day: CalendarDate },
): Promise<void> {
  const stood = (await transaction.holds.list()).filter((hold) => stoodOn(session, hold, day));
  // By their scopes only: released or not, they reach what they reached then.
  const [held] = compileHolds(stood.map((hold) => ({ ...hold, releasedAt: null }))).on(item);
  const then = rules.judge(item, item.state, day);
  const kept =
    (held && `the hold ${held} and its cooling-off period`) ??
    then.openGates[0]?.missing ??
    (then.reason === 'review-keeps' ? 'the day until which a person decided to keep it' : undefined);
  if (kept === undefined) return;
  throw refused('destroyed-while-kept', `${item.id} was destroyed on ${day}, when it waited for: ${kept}`, {
    hint: INCIDENT,
  });
}

/** Whether a hold that has ended stood or cooled off on a day. Of the days of its placing and its end nobody knows the hour. */
function stoodOn(
  session: Session,
  { placedAt, releasedAt, coolingOffUntil }: Hold,
  day: CalendarDate,
): boolean {
  if (releasedAt === null || day <= session.dayOf(placedAt)) return false;
  return coolingOffUntil === null ? day < session.dayOf(releasedAt) : day <= coolingOffUntil;
}

/** What must be kept and may be in nothing but one of these archives. */
async function keptInArchives(
  session: Session,
  transaction: StoreTransaction,
  rules: Rulebook,
  items: readonly StoredItem[],
): Promise<Overlap[]> {
  const archived = items.filter(({ archivedFrom }) => archivedFrom !== undefined);
  if (archived.length === 0) return [];
  const isDue = (item: StoredItem) => rules.judge(item, item.state, session.today()).decision === 'dispose';
  return await overlapsOfArchives(
    transaction,
    archived,
    isDue,
    await placesElsewhere(transaction, session.paths),
  );
}

const NEW_PLAN = { hint: 'Make a new plan: quietus sweep plan' };

/** @throws Fault `destroyed-before-due` (exit 4) */
function requireAfterPeriod(itemId: string, keepUntil: CalendarDate | null, performedOn: CalendarDate): void {
  if (keepUntil === null || performedOn > keepUntil) return;
  throw refused(
    'destroyed-before-due',
    `${itemId} had to be kept until ${keepUntil}, and was destroyed on ${performedOn}`,
    { hint: INCIDENT },
  );
}

const INCIDENT =
  'Look at the day that you gave. If it is right, the record was destroyed without authority: that is an incident, and a person has to look into it; no certificate is issued of it';

/** @throws Fault `destroyed-before-approval` (exit 4) */
export function requireAfterApproval(
  session: Session,
  plan: Plan,
  approvals: readonly Approval[],
  { performedOn }: AttestedStatement,
): void {
  const last = approvals[neededApprovals(session, plan) - 1];
  if (last === undefined) return;
  const day = dateIn(session.settings().timeZone, new Date(last.approvedAt));
  if (performedOn >= day) return;
  throw refused(
    'destroyed-before-approval',
    `The plan ${plan.id} was approved on ${day}, after ${performedOn}`,
    {
      hint: INCIDENT,
    },
  );
}
