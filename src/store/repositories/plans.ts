import type { Knex } from 'knex';
import type { Approval, CalendarDate, Decision, Plan, PlanCounts, PlanState } from '../../model/index.js';
import { BULK_ROWS, bulkInsert } from '../bulk-insert.js';

interface PlanRow {
  id: string;
  created_at: string;
  planned_by: string;
  as_of: string;
  schedule_version: number;
  counts: string;
  approvals_required: number;
  sha256: string;
  state: PlanState;
}

interface ApprovalRow {
  plan_id: string;
  operator_id: string;
  approved_at: string;
  statement: string;
  signature: string;
}

/** One line of a plan: the canonical JSON that the plan's digest covers. */
export interface PlanLine {
  position: number;
  itemId: string;
  decision: Decision;
  line: string;
}

interface LineRow {
  position: number;
  item_id: string;
  decision: Decision;
  line: string;
}

export class PlanRepository {
  constructor(private readonly database: Knex) {}

  async insert(plan: Plan): Promise<void> {
    await this.database('plans').insert({
      id: plan.id,
      created_at: plan.createdAt,
      planned_by: plan.plannedBy,
      as_of: plan.asOf,
      schedule_version: plan.scheduleVersion,
      counts: JSON.stringify(plan.counts),
      approvals_required: plan.approvalsRequired,
      sha256: plan.sha256,
      state: plan.state,
    });
  }

  /** Needs a transaction. */
  async insertLines(planId: string, lines: readonly PlanLine[]): Promise<void> {
    const bulk = await bulkInsert(this.database, {
      name: 'plan_items',
      columns: ['plan_id', 'position', 'item_id', 'decision', 'line'],
      key: ['plan_id', 'position'],
    });
    try {
      for (let at = 0; at < lines.length; at += BULK_ROWS) {
        const page = lines.slice(at, at + BULK_ROWS);
        const inserted = await bulk.insert(
          page.map(({ position, itemId, decision, line }) => [planId, position, itemId, decision, line]),
        );
        if (inserted !== page.length) throw new Error('A line of the plan was there already');
      }
    } finally {
      await bulk.close();
    }
  }

  async get(id: string): Promise<Plan | undefined> {
    const row: PlanRow | undefined = await this.database('plans').where('id', id).first();
    return row && plan(row);
  }

  async list(): Promise<Plan[]> {
    const rows: PlanRow[] = await this.database('plans').orderBy('created_at').orderBy('id');
    return rows.map(plan);
  }

  async setState(id: string, state: PlanState): Promise<void> {
    await this.database('plans').where('id', id).update({ state });
  }

  /** Lines in order, from the position after `after`. */
  async lines(planId: string, after: number, limit: number, decision?: Decision): Promise<PlanLine[]> {
    const query = this.database('plan_items')
      .where('plan_id', planId)
      .where('position', '>', after)
      .orderBy('position')
      .limit(limit);
    if (decision !== undefined) query.where('decision', decision);
    const rows: LineRow[] = await query;
    return rows.map(planLine);
  }

  /** Lines of these items; at most 1,000 ids. */
  async linesOf(planId: string, itemIds: readonly string[]): Promise<PlanLine[]> {
    const rows: LineRow[] = await this.database('plan_items')
      .where('plan_id', planId)
      .whereIn('item_id', itemIds)
      .orderBy('position');
    return rows.map(planLine);
  }

  async insertApproval(approval: Approval): Promise<void> {
    await this.database('approvals').insert({
      plan_id: approval.planId,
      operator_id: approval.operatorId,
      approved_at: approval.approvedAt,
      statement: approval.statement,
      signature: approval.signature,
    });
  }

  async approvals(planId: string): Promise<Approval[]> {
    const rows: ApprovalRow[] = await this.database('approvals')
      .where('plan_id', planId)
      .orderBy('approved_at')
      .orderBy('operator_id');
    return rows.map((row) => ({
      planId: row.plan_id,
      operatorId: row.operator_id,
      approvedAt: row.approved_at,
      statement: row.statement,
      signature: row.signature,
    }));
  }
}

function planLine(row: LineRow): PlanLine {
  return { position: row.position, itemId: row.item_id, decision: row.decision, line: row.line };
}

function plan(row: PlanRow): Plan {
  return {
    id: row.id,
    createdAt: row.created_at,
    plannedBy: row.planned_by,
    asOf: row.as_of as CalendarDate,
    scheduleVersion: row.schedule_version,
    counts: JSON.parse(row.counts) as PlanCounts,
    approvalsRequired: row.approvals_required,
    sha256: row.sha256,
    state: row.state,
  };
}
