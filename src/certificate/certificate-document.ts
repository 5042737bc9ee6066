import { disposalClause, type Reason, refused } from '../model/index.js';
import type {
  AttestedStatement,
  CertificateFacts,
  CertifiedItemFacts,
  CertifiedOutcome,
  ExceptionFacts,
  LogReference,
} from './certificate-facts.js';
import {
  type AttestedEntry,
  CERTIFICATE_FORMAT,
  type CertificateDocument,
  type ExceptionEntry,
  type ItemEntry,
  type LogEntryReference,
  type Totals,
} from './certificate-format.js';
import { certificateStatement, standingLimits } from './certificate-statement.js';

/**
 * Makes the document of a certificate. Pure: the same facts give the same document.
 *
 * @throws Fault `certificate-empty` where nothing was destroyed: there is nothing to certify
 */
export function certificateDocument(facts: CertificateFacts): CertificateDocument {
  if (facts.items.length === 0) {
    throw refused(
      'certificate-empty',
      `Run ${facts.runId} destroyed nothing, so there is nothing to certify`,
      {
        hint: 'See what became of each item with: quietus sweep show',
      },
    );
  }
  const totals = totalsOf(facts);
  const limits = union(standingLimits(facts), facts.limits.map(reasonEntry));
  return {
    format: CERTIFICATE_FORMAT,
    number: facts.number,
    workspace_id: facts.workspaceId,
    organization: {
      name: oneLine(facts.organization.name),
      address: optionalLine(facts.organization.address),
    },
    run_id: facts.runId,
    plan: {
      id: facts.plan.id,
      sha256: facts.plan.sha256,
      as_of: facts.plan.asOf,
      schedule_version: facts.plan.scheduleVersion,
    },
    started_at: facts.startedAt,
    finished_at: facts.finishedAt,
    issued_at: facts.issuedAt,
    time_zone: facts.timeZone,
    operator: {
      id: facts.operator.id,
      name: oneLine(facts.operator.name),
      account: oneLine(facts.operator.account),
    },
    approvals: facts.approvals.map((approval) => ({
      operator: approval.operatorId,
      name: oneLine(approval.operatorName),
      approved_at: approval.approvedAt,
      statement: approval.statement,
      signature: approval.signature,
    })),
    statement: certificateStatement(facts, totals).map(oneLine),
    totals,
    methods: facts.methods.map(reasonEntry),
    limits,
    hold_check: { checked_at_claim: true, holds_in_force: facts.holdsInForce },
    tool: { name: facts.tool.name, version: facts.tool.version },
    log: { first_seq: facts.log.firstSeq, last_seq: facts.log.lastSeq, head_hash: facts.log.headHash },
    exceptions: facts.exceptions.map(exceptionEntry),
    items: facts.items.map(itemEntry),
  };
}

function totalsOf(facts: CertificateFacts): Totals {
  const count = (outcome: CertifiedOutcome) =>
    facts.items.filter((candidate) => candidate.outcome === outcome).length;
  const sum = (of: (item: CertifiedItemFacts) => number) =>
    facts.items.reduce((total, item) => total + of(item), 0);
  return {
    items: facts.items.length,
    overwritten_verified: count('overwritten-verified'),
    overwritten_residual: count('overwritten-residual'),
    attested: count('attested'),
    exceptions: facts.exceptions.length,
    files: sum((item) => item.files),
    bytes: sum((item) => item.bytes),
    data_subjects: sum((item) => item.dataSubjects ?? 0),
    items_without_data_subjects: facts.items.filter((item) => item.dataSubjects === null).length,
  };
}

function itemEntry(item: CertifiedItemFacts): ItemEntry {
  return {
    id: item.id,
    title: optionalLine(item.title),
    record_class: item.recordClass,
    class_title: oneLine(item.classTitle),
    medium: item.medium,
    pi_elements: [...item.piElements],
    data_subjects: item.dataSubjects,
    keep_until: item.keepUntil,
    authority: {
      citation: oneLine(item.authority.citation),
      source: optionalLine(item.authority.source),
      checked: item.authority.checked,
      warning: optionalLine(item.authority.warning),
    },
    law: { chapter: 'M.G.L. c. 93I', section: '2', clause: disposalClause(item.medium) },
    outcome: item.outcome,
    method: item.method,
    passes: item.passes,
    verification: { result: item.verification.result, read_from: item.verification.readFrom },
    files: item.files,
    bytes: item.bytes,
    residual: item.residual.map(reasonEntry),
    statement: item.statement === null ? null : attestedEntry(item.statement),
    log: logEntry(item.log),
  };
}

function attestedEntry(statement: AttestedStatement): AttestedEntry {
  return {
    method: statement.method,
    performed_by: oneLine(statement.performedBy),
    performed_on: statement.performedOn,
    witness: optionalLine(statement.witness),
    vendor: optionalLine(statement.vendor),
    reference: optionalLine(statement.reference),
    recorded_by: statement.recordedBy,
  };
}

function exceptionEntry(exception: ExceptionFacts): ExceptionEntry {
  return {
    id: exception.id,
    title: optionalLine(exception.title),
    record_class: exception.recordClass,
    medium: exception.medium,
    outcome: exception.outcome,
    reasons: exception.reasons.map(reasonEntry),
    log: exception.log === null ? null : logEntry(exception.log),
  };
}

function logEntry(log: LogReference): LogEntryReference {
  return {
    intent_seq: log.intentSeq,
    intent_hash: log.intentHash,
    outcome_seq: log.outcomeSeq,
    outcome_hash: log.outcomeHash,
  };
}

function reasonEntry(reason: Reason): Reason {
  return { code: reason.code, text: oneLine(reason.text) };
}

function union(first: readonly Reason[], second: readonly Reason[]): Reason[] {
  const byCode = new Map([...first, ...second].map((reason) => [reason.code, reason]));
  return [...byCode.values()];
}

/** Line breaks and other control characters become spaces: everything on a certificate is one line of text. */
function oneLine(text: string): string {
  return text
    .replace(/\p{Surrogate}/gu, '\ufffd')
    .replace(/ ?[\p{Cc}\u2028\u2029]+ ?/gu, ' ')
    .trim();
}

/** The same; what has nothing to read becomes null. */
function optionalLine(text: string | null): string | null {
  return text === null ? null : oneLine(text) || null;
}
