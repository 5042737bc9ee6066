import { type Authority, disposalClause, type Reason, refused } from '../model/index.js';
import type {
  AttestedStatement,
  CertifiedItemFacts,
  CertifiedOutcome,
  CertifiedSubject,
  ExceptionFacts,
  IssuedFacts,
  LogReference,
} from './certificate-facts.js';
import {
  type AttestedEntry,
  type AuthorityEntry,
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
export function certificateDocument(facts: IssuedFacts): CertificateDocument {
  if (facts.items.length === 0) {
    throw refused(
      'certificate-empty',
      `By ${facts.subject.id} nothing was destroyed, so there is nothing to certify`,
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
    replaces: facts.replaces,
    workspace_id: facts.workspaceId,
    organization: {
      name: oneLine(facts.organization.name),
      address: optionalLine(facts.organization.address),
    },
    subject: {
      kind: facts.subject.kind,
      id: facts.subject.id,
      ground: 'ground' in facts.subject ? optionalLine(facts.subject.ground) : null,
    },
    plan: planEntry(facts.subject),
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
    hold_check: {
      checked_at: facts.subject.kind === 'physical' ? 'statement' : 'claim',
      holds_in_force: facts.holdsInForce,
    },
    tool: { name: facts.tool.name, version: facts.tool.version },
    signer: facts.signer && {
      name: oneLine(facts.signer.name),
      certificate_sha256: facts.signer.certificateSha256,
    },
    log: {
      first_seq: facts.log.firstSeq,
      last_seq: facts.log.lastSeq,
      head_hash: facts.log.headHash,
      checkpoint: facts.log.checkpoint,
    },
    exceptions: facts.exceptions.map(exceptionEntry),
    items: facts.items.map(itemEntry),
  };
}

function planEntry(subject: CertifiedSubject): CertificateDocument['plan'] {
  if (!('plan' in subject) || subject.plan === null) return null;
  const { id, sha256, asOf, scheduleVersion } = subject.plan;
  return { id, sha256, as_of: asOf, schedule_version: scheduleVersion };
}

function totalsOf(facts: IssuedFacts): Totals {
  const count = (outcome: CertifiedOutcome) =>
    facts.items.filter((candidate) => candidate.outcome === outcome).length;
  const sum = (of: (item: CertifiedItemFacts) => number) =>
    facts.items.reduce((total, item) => total + of(item), 0);
  return {
    items: facts.items.length,
    overwritten_verified: count('overwritten-verified'),
    overwritten_residual: count('overwritten-residual'),
    key_erased: count('key-erased'),
    sanitized: count('sanitized'),
    rows_deleted: count('rows-deleted'),
    attested: count('attested'),
    exceptions: facts.exceptions.length,
    files: sum((item) => item.files),
    bytes: sum((item) => item.bytes),
    data_subjects: sum((item) => item.dataSubjects ?? 0),
    items_without_data_subjects: facts.items.filter((item) => item.dataSubjects === null).length,
  };
}

function otherClasses({ otherClasses: others = [] }: CertifiedItemFacts): Pick<ItemEntry, 'other_classes'> {
  if (others.length === 0) return {};
  return {
    other_classes: others.map(({ recordClass, classTitle, authority }) => ({
      record_class: recordClass,
      class_title: oneLine(classTitle),
      authority: authorityEntry(authority),
    })),
  };
}

function authorityEntry({ citation, source, checked, warning }: Authority): AuthorityEntry {
  return {
    citation: oneLine(citation),
    source: optionalLine(source),
    checked,
    warning: optionalLine(warning),
  };
}

function itemEntry(item: CertifiedItemFacts): ItemEntry {
  return {
    id: item.id,
    title: optionalLine(item.title),
    record_class: item.recordClass,
    class_title: optionalLine(item.classTitle),
    ...otherClasses(item),
    medium: item.medium,
    media: mediaEntry(item),
    source: optionalLine(item.source),
    destination: optionalLine(item.destination),
    pi_elements: [...item.piElements],
    data_subjects: item.dataSubjects,
    keep_until: item.keepUntil,
    authority: item.authority && authorityEntry(item.authority),
    law: { chapter: 'M.G.L. c. 93I', section: '2', clause: disposalClause(item.medium) },
    outcome: item.outcome,
    sanitization: item.sanitization ?? null,
    method: item.method,
    passes: item.passes,
    tool: item.tool ? { name: oneLine(item.tool.name), version: oneLine(item.tool.version) } : null,
    verification: verificationEntry(item.verification),
    files: item.files,
    bytes: item.bytes,
    pre_state: optionalLine(item.preState),
    post_state: optionalLine(item.postState),
    residual: item.residual.map(reasonEntry),
    statement: item.statement === null ? null : attestedEntry(item.statement),
    custody: (item.custody ?? []).map((step) => ({
      on: step.on,
      from: oneLine(step.from),
      to: oneLine(step.to),
      detail: optionalLine(step.detail),
    })),
    log: logEntry(item.log),
  };
}

function mediaEntry({ media }: CertifiedItemFacts): ItemEntry['media'] {
  if (!media) return null;
  return {
    type: optionalLine(media.type),
    vendor: optionalLine(media.vendor),
    model: optionalLine(media.model),
    serial: optionalLine(media.serial),
    property_number: optionalLine(media.propertyNumber),
    capacity_bytes: media.capacityBytes,
  };
}

function verificationEntry(verification: CertifiedItemFacts['verification']): ItemEntry['verification'] {
  const passed = verification.result === 'passed';
  return {
    result: verification.result,
    method: passed ? (verification.method ?? 'full-read-back') : null,
    read_from: verification.readFrom,
    detail: optionalLine(verification.detail),
  };
}

function attestedEntry(statement: AttestedStatement): AttestedEntry {
  return {
    method: statement.method,
    performed_by: oneLine(statement.performedBy),
    performed_on: statement.performedOn,
    place: optionalLine(statement.place),
    witness: optionalLine(statement.witness),
    vendor: optionalLine(statement.vendor),
    reference: optionalLine(statement.reference),
    vendor_certificate: statement.vendorCertificate
      ? {
          file_name: oneLine(statement.vendorCertificate.fileName),
          sha256: statement.vendorCertificate.sha256,
        }
      : null,
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
function optionalLine(text: string | null | undefined): string | null {
  return text === null || text === undefined ? null : oneLine(text) || null;
}
