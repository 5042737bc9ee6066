import type { Knex } from 'knex';
import type { Outcome } from '../../model/index.js';
import { BULK_ROWS } from '../bulk-insert.js';

/**
 * One execution. `sweep`: of a plan, by this program; interrupted ones are continued, so a plan has at most
 * one. `attested`: of a plan, by people, whose statement is recorded. `ad-hoc`: by this program, of what a person
 * named, without a plan.
 */
export interface Run {
  id: string;
  /** Null exactly for `ad-hoc`. */
  planId: string | null;
  kind: 'sweep' | 'attested' | 'ad-hoc';
  startedAt: string;
  startedBy: string;
  finishedAt: string | null;
  /** Whether the person accepted that the medium may keep residual copies. */
  acceptResidual: boolean;
}

/** One thing that a run without a plan is to destroy. */
export interface RunTarget {
  position: number;
  itemId: string;
  /** Canonical JSON. */
  line: string;
}

interface RunRow {
  id: string;
  plan_id: string | null;
  kind: Run['kind'];
  started_at: string;
  started_by: string;
  finished_at: string | null;
  accept_residual: number;
}

/** Outcomes of a run without a plan that its certificate states as done. */
const CERTIFIED: readonly Outcome[] = ['overwritten-verified', 'overwritten-residual'];

export class RunRepository {
  constructor(private readonly database: Knex) {}

  async insert(run: Run): Promise<void> {
    await this.database('runs').insert({
      id: run.id,
      plan_id: run.planId,
      kind: run.kind,
      started_at: run.startedAt,
      started_by: run.startedBy,
      finished_at: run.finishedAt,
      accept_residual: run.acceptResidual ? 1 : 0,
    });
  }

  async get(id: string): Promise<Run | undefined> {
    const row: RunRow | undefined = await this.database('runs').where('id', id).first();
    return row && run(row);
  }

  /** The sweep of a plan, begun or ended. */
  async sweepOf(planId: string): Promise<Run | undefined> {
    const row: RunRow | undefined = await this.database('runs')
      .where({ plan_id: planId, kind: 'sweep' })
      .first();
    return row && run(row);
  }

  /** Statements of people about items of a plan, oldest first. */
  async attestedOf(planId: string): Promise<Run[]> {
    const rows: RunRow[] = await this.database('runs')
      .where({ plan_id: planId, kind: 'attested' })
      .orderBy(['started_at', 'id']);
    return rows.map(run);
  }

  /** Runs that a crash or an interruption cut off. */
  async unfinished(): Promise<Run[]> {
    const rows: RunRow[] = await this.database('runs').whereNull('finished_at').orderBy('started_at');
    return rows.map(run);
  }

  /**
   * Runs of what people named, that a crash or an interruption cut off, oldest first: before their end, or between it
   * and the certificate of what they destroyed.
   */
  async unfinishedAdHoc(): Promise<Run[]> {
    const certified = this.database('certificates').where('subject_kind', 'disposal').select('subject_id');
    const destroyed = this.database('disposals').whereIn('outcome', CERTIFIED).select('run_id');
    const rows: RunRow[] = await this.database('runs')
      .where('kind', 'ad-hoc')
      .andWhere((open) =>
        open
          .whereNull('finished_at')
          .orWhere((uncertified) => uncertified.whereIn('id', destroyed).whereNotIn('id', certified)),
      )
      .orderBy(['started_at', 'id']);
    return rows.map(run);
  }

  async insertTargets(runId: string, targets: readonly RunTarget[]): Promise<void> {
    for (let at = 0; at < targets.length; at += BULK_ROWS) {
      await this.database('run_targets').insert(
        targets.slice(at, at + BULK_ROWS).map(({ position, itemId, line }) => ({
          run_id: runId,
          position,
          item_id: itemId,
          line,
        })),
      );
    }
  }

  /** In their order. */
  async targets(runId: string): Promise<RunTarget[]> {
    const rows: RunTarget[] = await this.database('run_targets')
      .where('run_id', runId)
      .orderBy('position')
      .select('position', { itemId: 'item_id' }, 'line');
    return rows;
  }

  async finish(id: string, at: string): Promise<void> {
    await this.database('runs').where('id', id).update({ finished_at: at });
  }
}

function run(row: RunRow): Run {
  return {
    id: row.id,
    planId: row.plan_id,
    kind: row.kind,
    startedAt: row.started_at,
    startedBy: row.started_by,
    finishedAt: row.finished_at,
    acceptResidual: row.accept_residual === 1,
  };
}
