import { canonicalJson } from '../crypto/index.js';
import { badInput, type Plan, type StoredSchedule, verificationFailed } from '../model/index.js';
import type { Session } from '../session/index.js';
import type { PlanLine, Repositories } from '../store/index.js';
import { PlanDigest, type PlanItemLine, parsePlanLine, planHeader } from './plan-document.js';
import { loggedPlan } from './plan-evidence.js';
import { requireLoggedSchedule } from './schedule-evidence.js';

export interface VerifiedPlan {
  plan: Plan;
  /** Number of the entry of the log that tells of it. */
  plannedSeq: number;
  /** The schedule version that the plan was made with. */
  schedule: StoredSchedule;
  /** Canonical lines, the header first; `sha256sum` over them gives the plan's digest. */
  lines(): AsyncGenerator<string>;
}

const PAGE = 1000;

/** The lines of a plan that was found good. */
interface FoundLines {
  header: string;
  /** SHA-256 over all lines up to the end of each page: the lines are read again for as long as a run goes on. */
  pages: readonly string[];
}

/** What was found good, by session and id of the plan. */
const found = new WeakMap<Session, Map<string, FoundLines>>();

/**
 * A plan whose stored lines were checked against its digest, and the digest against the entry of the log that tells of
 * the plan: whoever rewrites lines and digest together is found too.
 *
 * @throws Fault `plan-unknown` (exit 2), `plan-changed`, `schedule-changed` (exit 5)
 */
export async function verifiedPlan(session: Session, planId: string): Promise<VerifiedPlan> {
  const plan = await session.store.plans.get(planId);
  if (plan === undefined) {
    throw badInput('plan-unknown', `There is no plan ${planId}`, {
      hint: 'List plans with: quietus sweep list',
    });
  }
  const schedule = await session.store.schedules.get(plan.scheduleVersion);
  if (schedule === undefined) throw changed(plan);
  await requireLoggedSchedule(session.store, schedule);
  const header = canonicalJson(
    planHeader(plan, { workspaceId: session.settings().workspaceId, scheduleSha256: schedule.sha256 }),
  );
  const digest = new PlanDigest().add(header);
  const pages: string[] = [];
  for await (const page of storedPages(session, planId)) {
    for (const stored of page) {
      if (parsedLine(stored) === undefined) throw changed(plan);
      digest.add(stored.line);
    }
    pages.push(digest.hex());
  }
  if (digest.hex() !== plan.sha256) throw changed(plan);
  const plannedSeq = await loggedPlan(session.store, plan);
  if (plannedSeq === undefined) throw changed(plan, 'the log tells of no such plan');
  const plans = found.get(session) ?? new Map<string, FoundLines>();
  found.set(session, plans.set(planId, { header, pages }));
  return { plan, plannedSeq, schedule, lines: () => planLines(session, planId, header) };
}

async function* planLines(session: Session, planId: string, header: string): AsyncGenerator<string> {
  yield header;
  for await (const page of pagesAsFound(session, planId)) for (const { line } of page) yield line;
}

async function* storedPages(session: Session, planId: string): AsyncGenerator<PlanLine[], undefined> {
  for (let after = -1; ; ) {
    const page = await session.store.plans.lines(planId, after, PAGE);
    if (page.length > 0) yield page;
    const last = page.at(-1);
    if (page.length < PAGE || last === undefined) return;
    after = last.position;
  }
}

/**
 * The lines of a plan that are to be disposed of, in pages. What a line itself says decides, for the plan's digest
 * covers it; the columns beside it are only compared. The plan is verified where it was not in this session, and each page is
 * compared with what was found then: somebody may change lines that a run has not come to yet.
 *
 * @throws Fault `plan-unknown` (exit 2), `plan-changed`, `schedule-changed` (exit 5)
 */
export async function* plannedDisposals(
  session: Session,
  planId: string,
  pageSize: number,
): AsyncGenerator<PlanItemLine[]> {
  if (found.get(session)?.has(planId) !== true) await verifiedPlan(session, planId);
  let lines: PlanItemLine[] = [];
  for await (const page of pagesAsFound(session, planId)) {
    for (const stored of page) {
      const line = parsedLine(stored);
      if (line === undefined) throw changed({ id: planId });
      if (line.decision !== 'dispose') continue;
      lines.push(line);
      if (lines.length < pageSize) continue;
      yield lines;
      lines = [];
    }
  }
  if (lines.length > 0) yield lines;
}

/** The stored lines, each page once it was found to be as it was. */
async function* pagesAsFound(session: Session, planId: string): AsyncGenerator<PlanLine[], undefined> {
  const known = found.get(session)?.get(planId);
  if (known === undefined) throw new Error('A plan is read that was not verified');
  const digest = new PlanDigest().add(known.header);
  const left = [...known.pages];
  for await (const page of storedPages(session, planId)) {
    for (const { line } of page) digest.add(line);
    if (digest.hex() !== left.shift()) throw changed({ id: planId });
    yield page;
  }
  if (left.length > 0) throw changed({ id: planId });
}

/** Lines of a plan that are due to go to somebody else. */
export async function awaitingTransfer(repositories: Repositories, planId: string): Promise<PlanItemLine[]> {
  const lines: PlanItemLine[] = [];
  for (let after = -1; ; ) {
    const page = await repositories.plans.lines(planId, after, PAGE, 'keep');
    for (const stored of page) {
      const line = parsedLine(stored);
      if (line?.reason === 'awaits-transfer') lines.push(line);
    }
    const last = page.at(-1);
    if (page.length < PAGE || last === undefined) return lines;
    after = last.position;
  }
}

/** What a stored line says; undefined where the columns beside it say something else, or it is no line. */
export function parsedLine({ line, position, itemId, decision }: PlanLine): PlanItemLine | undefined {
  try {
    const parsed = parsePlanLine(line);
    return parsed.itemId === itemId && parsed.decision === decision ? { ...parsed, position } : undefined;
  } catch {
    return undefined;
  }
}

function changed({ id }: Pick<Plan, 'id'>, what = 'its digest or a line differs'): Error {
  return verificationFailed('plan-changed', `The plan ${id} is not what was planned: ${what}`, {
    hint: 'Somebody changed the database. Run: quietus log verify, and make a new plan',
  });
}
