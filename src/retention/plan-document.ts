import { createHash } from 'node:crypto';
import { canonicalJson } from '../crypto/index.js';
import type { CalendarDate, Fingerprint, Plan, PlanItem } from '../model/index.js';

const FORMAT = 'quietus-plan/1';

/** A line of a plan with its place in it. */
export interface PlanItemLine extends PlanItem {
  position: number;
}

/** First line of a plan: everything about it that is not about one item. */
export interface PlanHeader {
  format: typeof FORMAT;
  plan: string;
  workspace: string;
  created_at: string;
  planned_by: string;
  as_of: string;
  schedule_version: number;
  schedule_sha256: string;
  counts: { dispose: number; keep: number; held: number; defect: number };
  approvals_required: number;
}

export function planHeader(
  plan: Omit<Plan, 'sha256' | 'state'>,
  context: { workspaceId: string; scheduleSha256: string },
): PlanHeader {
  return {
    format: FORMAT,
    plan: plan.id,
    workspace: context.workspaceId,
    created_at: plan.createdAt,
    planned_by: plan.plannedBy,
    as_of: plan.asOf,
    schedule_version: plan.scheduleVersion,
    schedule_sha256: context.scheduleSha256,
    counts: { ...plan.counts },
    approvals_required: plan.approvalsRequired,
  };
}

/** One line of a plan: canonical JSON (RFC 8785) of what was decided for one item. */
export function planLine(item: PlanItem): string {
  // In the order of their names, as canonical JSON has them.
  return canonicalJson({
    data_subjects: item.dataSubjects,
    decision: item.decision,
    delete_by: item.deleteBy,
    explanation: item.explanation,
    fingerprint: item.fingerprint && sortedFingerprint(item.fingerprint),
    holds: item.holds,
    item: item.itemId,
    item_sha256: item.itemSha256,
    keep_until: item.keepUntil,
    ...(item.keptUnder !== null && { kept_under: item.keptUnder }),
    location: item.location,
    medium: item.medium,
    ...(item.otherClasses.length > 0 && { other_classes: item.otherClasses }),
    pi_elements: item.piElements,
    reason: item.reason,
    record_class: item.recordClass,
    schedule_version: item.scheduleVersion,
  });
}

function sortedFingerprint(fingerprint: Fingerprint): Fingerprint {
  if (fingerprint.kind === 'rows') {
    const { counts, hook, hookSha256, kind } = fingerprint;
    return { counts: counts.map(({ table, rows }) => ({ rows, table })), hook, hookSha256, kind };
  }
  const { device, inode } = fingerprint;
  if (fingerprint.kind === 'folder') {
    const { bytes, files, kind, treeSha256 } = fingerprint;
    return { bytes, device, files, inode, kind, treeSha256 };
  }
  const { changedNs, kind, modifiedNs, size } = fingerprint;
  return { changedNs, device, inode, kind, modifiedNs, size };
}

/** Reads a line back. Lines are only read after the plan's digest was checked over them. */
export function parsePlanLine(line: string): PlanItem {
  const value = JSON.parse(line) as Record<string, unknown>;
  return {
    itemId: value.item as string,
    itemSha256: value.item_sha256 as string,
    decision: value.decision as PlanItem['decision'],
    reason: value.reason as string,
    explanation: value.explanation as string,
    recordClass: value.record_class as string | null,
    otherClasses: (value.other_classes as string[] | undefined) ?? [],
    keptUnder: (value.kept_under as string | undefined) ?? null,
    scheduleVersion: value.schedule_version as number | null,
    keepUntil: value.keep_until as CalendarDate | null,
    deleteBy: value.delete_by as CalendarDate | null,
    medium: value.medium as PlanItem['medium'],
    location: value.location as string | null,
    piElements: value.pi_elements as PlanItem['piElements'],
    dataSubjects: value.data_subjects as number | null,
    fingerprint: value.fingerprint as Fingerprint | null,
    holds: value.holds as string[],
  };
}

/**
 * SHA-256 of a plan: over its header line and item lines, each followed by a line feed, as `sha256sum`
 * computes it over the exported plan. This is what approvals sign.
 */
export class PlanDigest {
  private readonly hash = createHash('sha256');

  add(line: string): this {
    this.hash.update(line, 'utf8').update('\n');
    return this;
  }

  hex(): string {
    return this.hash.copy().digest('hex');
  }
}
