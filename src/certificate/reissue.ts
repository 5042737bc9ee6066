import { type CalendarDate, parseCalendarDate } from '../model/index.js';
import type { Session } from '../session/index.js';
import type { CertificateRecord } from '../store/index.js';
import type {
  CertificateFacts,
  CertifiedItemFacts,
  CertifiedSubject,
  ExceptionFacts,
  LogReference,
} from './certificate-facts.js';
import type { CertificateDocument, ItemEntry, LogEntryReference } from './certificate-format.js';
import { replaceCertificate } from './certificate-issue.js';
import { showCertificate } from './certificate-register.js';
import { standingLimitCodes } from './certificate-statement.js';

/**
 * Issues a certificate again, of the same facts: with the organization's name, the settings and the signing identity of
 * today. It takes the place of the earlier one, which stays where it is and says so when it is verified.
 *
 * @throws Fault as `showCertificate` and `replaceCertificate`
 */
export async function reissueCertificate(session: Session, number: string): Promise<CertificateRecord> {
  const { document } = await showCertificate(session, number);
  return await replaceCertificate(session, factsOf(document), number);
}

function factsOf(document: CertificateDocument): CertificateFacts {
  const standing = standingLimitCodes();
  return {
    subject: subjectOf(document),
    startedAt: document.started_at,
    finishedAt: document.finished_at,
    operator: document.operator,
    approvals: document.approvals.map((approval) => ({
      operatorId: approval.operator,
      operatorName: approval.name,
      approvedAt: approval.approved_at,
      statement: approval.statement,
      signature: approval.signature,
    })),
    items: document.items.map(itemFacts),
    exceptions: document.exceptions.map(
      (exception): ExceptionFacts => ({
        id: exception.id,
        title: exception.title,
        recordClass: exception.record_class,
        medium: exception.medium,
        outcome: exception.outcome,
        reasons: exception.reasons,
        log: exception.log && logReference(exception.log),
      }),
    ),
    methods: document.methods,
    limits: document.limits.filter(({ code }) => !standing.has(code)),
    holdsInForce: document.hold_check.holds_in_force,
  };
}

function subjectOf({ subject, plan }: CertificateDocument): CertifiedSubject {
  const { kind, id, ground } = subject;
  const planned = plan && {
    id: plan.id,
    sha256: plan.sha256,
    asOf: day(plan.as_of),
    scheduleVersion: plan.schedule_version,
  };
  if (kind === 'archive' || kind === 'device') return { kind, id, plan: planned, ground };
  if (kind === 'disposal') return { kind, id, ground };
  if (planned === null) throw new Error('A certificate of a plan has no plan');
  return { kind, id, plan: planned };
}

function itemFacts(item: ItemEntry): CertifiedItemFacts {
  const { media, statement, authority, verification } = item;
  return {
    id: item.id,
    title: item.title,
    recordClass: item.record_class,
    classTitle: item.class_title,
    otherClasses: (item.other_classes ?? []).map((each) => ({
      recordClass: each.record_class,
      classTitle: each.class_title,
      authority: { ...each.authority, checked: day(each.authority.checked) },
    })),
    medium: item.medium,
    media: media && {
      type: media.type,
      vendor: media.vendor,
      model: media.model,
      serial: media.serial,
      propertyNumber: media.property_number,
      capacityBytes: media.capacity_bytes,
    },
    source: item.source,
    destination: item.destination,
    piElements: item.pi_elements,
    dataSubjects: item.data_subjects,
    keepUntil: item.keep_until === null ? null : day(item.keep_until),
    authority: authority && { ...authority, checked: day(authority.checked) },
    outcome: item.outcome,
    sanitization: item.sanitization,
    method: item.method,
    passes: item.passes,
    tool: item.tool,
    verification: {
      result: verification.result,
      readFrom: verification.read_from,
      detail: verification.detail,
      ...(verification.method === null ? {} : { method: verification.method }),
    },
    files: item.files,
    bytes: item.bytes,
    preState: item.pre_state,
    postState: item.post_state,
    residual: item.residual,
    statement: statement && statementFacts(statement),
    custody: item.custody.map((step) => ({ ...step, on: day(step.on) })),
    log: logReference(item.log),
  };
}

function statementFacts(statement: NonNullable<ItemEntry['statement']>): CertifiedItemFacts['statement'] {
  const certificate = statement.vendor_certificate;
  return {
    method: statement.method,
    performedBy: statement.performed_by,
    performedOn: day(statement.performed_on),
    place: statement.place,
    witness: statement.witness,
    vendor: statement.vendor,
    reference: statement.reference,
    vendorCertificate: certificate && { fileName: certificate.file_name, sha256: certificate.sha256 },
    recordedBy: statement.recorded_by,
  };
}

function logReference(log: LogEntryReference): LogReference {
  return {
    intentSeq: log.intent_seq,
    intentHash: log.intent_hash,
    outcomeSeq: log.outcome_seq,
    outcomeHash: log.outcome_hash,
  };
}

/** The document was validated: its days exist. */
function day(text: string): CalendarDate {
  const date = parseCalendarDate(text);
  if (date === undefined) throw new Error('A validated certificate has a day that does not exist');
  return date;
}
