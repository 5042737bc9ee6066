import { randomBytes } from 'node:crypto';
import { requireClockNotBehind } from '../audit/index.js';
import { canonicalJson } from '../crypto/index.js';
import { placesElsewhere, RowPlaces } from '../disposal/index.js';
import { badInput, type CalendarDate, classesOf, type Plan, type PlanItem } from '../model/index.js';
import { requireDatesOfThisYear } from '../schedule/index.js';
import type { Session } from '../session/index.js';
import type { StoredItem } from '../store/index.js';
import { instant } from '../workspace/index.js';
import { requireEventsOfItems } from './event-evidence.js';
import { itemDigest } from './item-digest.js';
import { Examiners } from './item-identity.js';
import type { Overlap } from './location-overlap.js';
import { requireFactsAsLogged } from './logged-facts.js';
import { findOverlaps } from './overlap-search.js';
import { PlanDigest, planHeader, planLine } from './plan-document.js';
import { requireWithinLimits } from './plan-limits.js';
import { type Rulebook, readRulebook } from './rulebook.js';

export interface PlanOptions {
  /** Decide as if it were this day; today in the organization's time zone where it is not given. */
  asOf?: CalendarDate;
  /** Number of items that the person allows the plan to dispose of, in place of the workspace's limits. */
  limit?: number;
  signal?: AbortSignal;
}

export interface BuiltPlan {
  plan: Plan;
  /** What the plan holds: everything but the items that are simply kept. */
  items: readonly PlanItem[];
}

const PAGE = 1000;

/** What was decided for every item, before any of it is frozen. */
export interface PlanDraft {
  asOf: CalendarDate;
  rules: Rulebook;
  /** Everything but the items that are simply kept. */
  items: readonly PlanItem[];
  /** Number of active items. */
  total: number;
}

/**
 * Decides for every item and freezes the result: items to dispose of, items due but held or kept for another
 * reason, and defects. Items that are simply not due are counted.
 *
 * The plan's digest covers every decision, so that an approval is of exactly this list.
 *
 * @throws Fault `clock-backwards`, `schedule-missing`, `dates-outdated`, `inventory-empty`, `limit-reached`,
 *   and as `readRulebook`, `event-changed`, `item-events-changed` (exit 5)
 */
export async function buildPlan(session: Session, options: PlanOptions = {}): Promise<BuiltPlan> {
  const draft = await decidePlan(session, options);
  return { plan: await freezePlan(session, draft, draft.items), items: draft.items };
}

/** The decisions of {@link buildPlan}, within the limits, of which nothing is stored yet. */
export async function decidePlan(session: Session, options: PlanOptions = {}): Promise<PlanDraft> {
  await requireClockNotBehind(session);
  const settings = session.settings();
  const asOf = options.asOf ?? session.today();
  const rules = await readRulebook(session.store, settings);
  await requireDatesOfThisYear(session, rules.schedule);
  const total = await session.store.items.countActive();
  if (total === 0) {
    throw badInput('inventory-empty', 'The inventory has no active items', {
      hint: 'Import one with: quietus inventory import FILE.csv',
    });
  }
  const items = await decideDueItems(session, rules, asOf, options.signal);
  items.push(...(await defectiveItems(session, rules, asOf, options.signal)));
  await requireWithinLimits(
    items.filter(({ decision }) => decision === 'dispose'),
    (recordClass, most) => session.store.items.countOfClass(recordClass, most),
    settings.limits,
    { limit: options.limit, asOf },
  );
  return { asOf, rules, items, total };
}

/**
 * Stores decisions of a draft as a plan.
 *
 * @param items all of the draft's, or some of them; what is left out is counted as kept by this plan
 */
export async function freezePlan(
  session: Session,
  { asOf, rules, total }: PlanDraft,
  items: readonly PlanItem[],
): Promise<Plan> {
  const operator = await session.operator();
  const counts = { dispose: 0, keep: 0, held: 0, defect: 0 };
  for (const item of items) counts[item.decision] += 1;
  counts.keep += total - items.length;
  const unsealed = {
    id: `plan-${asOf}-${randomBytes(3).toString('hex')}`,
    createdAt: instant(session.clock),
    plannedBy: operator.id,
    asOf,
    scheduleVersion: rules.schedule.version,
    counts,
    approvalsRequired: approvalsRequired(items, rules, session.settings().approvals.minimum),
  };
  return await store(session, rules, unsealed, items);
}

/** People who must approve a plan of these items; 0 where neither their classes nor the workspace ask for one. */
export function approvalsFor(session: Session, { rules }: PlanDraft, items: readonly PlanItem[]): number {
  return approvalsRequired(items, rules, session.settings().approvals.minimum);
}

/** All recorded events are compared only where some of them let an item go. */
async function requireEventsOfPlanned(session: Session, planned: readonly StoredItem[]): Promise<void> {
  if (!planned.some(({ subjectEvents }) => Object.keys(subjectEvents).length > 0)) return;
  await requireFactsAsLogged(session.store, session.settings());
  await requireEventsOfItems(session.store, planned);
}

async function decideDueItems(
  session: Session,
  rules: Rulebook,
  asOf: CalendarDate,
  signal: AbortSignal | undefined,
): Promise<PlanItem[]> {
  const stored: StoredItem[] = [];
  for (let after: { keepUntil: string; id: string } | undefined; ; ) {
    signal?.throwIfAborted();
    const page = await session.store.items.due(asOf, after, PAGE);
    stored.push(...page);
    const last = page.at(-1);
    if (page.length < PAGE || last === undefined) break;
    after = { keepUntil: last.due.keepUntil ?? '', id: last.id };
  }
  const first = stored.map((item) => ({ item, judgement: rules.judge(item, item.state, asOf) }));
  const planned = first.filter(({ judgement }) => judgement.decision === 'dispose').map(({ item }) => item);
  await requireEventsOfPlanned(session, planned);
  const linked = planned.length === 0 ? [] : await placesElsewhere(session.store, session.paths);
  const isDue = (item: StoredItem) => rules.judge(item, item.state, asOf).decision === 'dispose';
  const rows = new RowPlaces(session.paths);
  const overlaps = await findOverlaps(session.store, planned, isDue, { linked, rows });
  const examiners = new Examiners(session);
  const result: PlanItem[] = [];
  try {
    for (const { item, judgement } of first) {
      signal?.throwIfAborted();
      const overlap = overlaps.get(item.id);
      const final = overlap ? rules.judge(item, item.state, asOf, [overlap.with]) : judgement;
      const planItem = describeItem(item, final, rules, overlap);
      result.push(final.decision === 'dispose' ? await examiners.identified(item, planItem) : planItem);
    }
  } finally {
    await examiners.close();
  }
  return result;
}

async function defectiveItems(
  session: Session,
  rules: Rulebook,
  asOf: CalendarDate,
  signal: AbortSignal | undefined,
): Promise<PlanItem[]> {
  const items: PlanItem[] = [];
  for await (const page of session.store.items.all({ state: 'active', defective: true })) {
    signal?.throwIfAborted();
    for (const item of page) items.push(describeItem(item, rules.judge(item, item.state, asOf), rules));
  }
  return items;
}

/** A decision as a plan holds it. */
export function describeItem(
  item: StoredItem,
  judgement: ReturnType<Rulebook['judge']>,
  rules: Rulebook,
  overlap?: Overlap,
): PlanItem {
  return {
    itemId: item.id,
    decision: judgement.decision,
    ...(overlap?.why === 'first'
      ? { reason: 'after-another-item', explanation: afterAnother(overlap) }
      : { reason: judgement.reason, explanation: judgement.explanation }),
    recordClass: item.recordClass,
    otherClasses: item.otherClasses,
    keptUnder: keptUnder(item, judgement, rules),
    scheduleVersion: rules.schedule.version,
    keepUntil: judgement.due.keepUntil,
    deleteBy: judgement.due.deleteBy,
    medium: item.medium,
    location: judgement.decision === 'dispose' ? item.location : null,
    piElements: item.piElements,
    dataSubjects: item.dataSubjects,
    itemSha256: itemDigest(item),
    fingerprint: null,
    holds: judgement.holds,
  };
}

function keptUnder(item: StoredItem, { due }: ReturnType<Rulebook['judge']>, rules: Rulebook): string | null {
  if (item.otherClasses.length === 0 || due.keepUntil === null) return null;
  return rules.keepingClass(item, due.keepUntil)?.id ?? null;
}

/** Of two due items in one place the inner one goes first. */
function afterAnother({ with: other }: Overlap): string {
  return `Kept for now: ${other} lies in the same place and is disposed of first; plan again after that`;
}

/** The most that any class of the plan asks for, and never less than the workspace's minimum. */
function approvalsRequired(items: readonly PlanItem[], rules: Rulebook, minimum: number): number {
  const disposed = new Set(
    items.filter((item) => item.decision === 'dispose').flatMap((item) => classesOf(item)),
  );
  const asked = rules.schedule.classes.filter((each) => disposed.has(each.id)).map((each) => each.approvals);
  return Math.max(minimum, ...asked);
}

async function store(
  session: Session,
  rules: Rulebook,
  unsealed: Omit<Plan, 'sha256' | 'state'>,
  items: readonly PlanItem[],
): Promise<Plan> {
  const context = { workspaceId: session.settings().workspaceId, scheduleSha256: rules.schedule.sha256 };
  const lines = items.map((item, position) => ({
    position,
    itemId: item.itemId,
    decision: item.decision,
    line: planLine(item),
  }));
  const digest = new PlanDigest().add(canonicalJson(planHeader(unsealed, context)));
  for (const { line } of lines) digest.add(line);
  const plan: Plan = { ...unsealed, sha256: digest.hex(), state: 'planned' };
  await session.store.transaction(async (transaction) => {
    await transaction.plans.insert(plan);
    await transaction.plans.insertLines(plan.id, lines);
    await session.recorder.append(transaction, {
      action: 'sweep.plan',
      outcome: 'done',
      subject: { plan: plan.id },
      data: {
        sha256: plan.sha256,
        as_of: plan.asOf,
        approvals: plan.approvalsRequired,
        planner_may_approve: session.settings().approvals.plannerMayApprove,
        schedule_version: plan.scheduleVersion,
        dispose: plan.counts.dispose,
        keep: plan.counts.keep,
        held: plan.counts.held,
        defect: plan.counts.defect,
      },
    });
  });
  return plan;
}
