import {
  type AttestedEntry,
  CERTIFICATE_FORMAT,
  type CertificateDocument,
  type ItemEntry,
  type Totals,
} from './certificate-format.js';

export const VERSION_1_FORMAT = 'quietus-certificate/1';

/** The document that version 0.1 issued, schemas/certificate-1.schema.json; it is read and no longer written. */
export interface VersionOneDocument
  extends Omit<
    CertificateDocument,
    'format' | 'replaces' | 'subject' | 'plan' | 'totals' | 'hold_check' | 'signer' | 'log' | 'items'
  > {
  format: typeof VERSION_1_FORMAT;
  run_id: string;
  plan: NonNullable<CertificateDocument['plan']>;
  totals: Omit<Totals, 'key_erased' | 'sanitized' | 'rows_deleted'>;
  hold_check: { checked_at_claim: true; holds_in_force: number };
  log: Omit<CertificateDocument['log'], 'checkpoint'>;
  items: VersionOneItem[];
}

interface VersionOneItem
  extends Pick<
    ItemEntry,
    | 'id'
    | 'title'
    | 'medium'
    | 'pi_elements'
    | 'data_subjects'
    | 'keep_until'
    | 'law'
    | 'method'
    | 'passes'
    | 'files'
    | 'bytes'
    | 'residual'
    | 'log'
  > {
  record_class: string;
  class_title: string;
  authority: NonNullable<ItemEntry['authority']>;
  outcome: 'overwritten-verified' | 'overwritten-residual' | 'attested';
  verification: Pick<ItemEntry['verification'], 'result' | 'read_from'>;
  statement: Omit<AttestedEntry, 'place' | 'vendor_certificate'> | null;
}

/** The same certificate in the words of version 2; what version 1 had no field for counts as not recorded. */
export function upgraded(document: VersionOneDocument): CertificateDocument {
  const stated = document.items.every(({ outcome }) => outcome === 'attested');
  const { totals } = document;
  return {
    format: CERTIFICATE_FORMAT,
    number: document.number,
    replaces: null,
    workspace_id: document.workspace_id,
    organization: document.organization,
    subject: { kind: stated ? 'physical' : 'sweep', id: document.run_id, ground: null },
    plan: document.plan,
    started_at: document.started_at,
    finished_at: document.finished_at,
    issued_at: document.issued_at,
    time_zone: document.time_zone,
    operator: document.operator,
    approvals: document.approvals,
    statement: document.statement,
    totals: {
      items: totals.items,
      overwritten_verified: totals.overwritten_verified,
      overwritten_residual: totals.overwritten_residual,
      key_erased: 0,
      sanitized: 0,
      rows_deleted: 0,
      attested: totals.attested,
      exceptions: totals.exceptions,
      files: totals.files,
      bytes: totals.bytes,
      data_subjects: totals.data_subjects,
      items_without_data_subjects: totals.items_without_data_subjects,
    },
    methods: document.methods,
    limits: document.limits,
    hold_check: {
      checked_at: stated ? 'statement' : 'claim',
      holds_in_force: document.hold_check.holds_in_force,
    },
    tool: document.tool,
    signer: null,
    log: { ...document.log, checkpoint: null },
    exceptions: document.exceptions,
    items: document.items.map(upgradedItem),
  };
}

function upgradedItem(item: VersionOneItem): ItemEntry {
  const { statement, verification } = item;
  return {
    id: item.id,
    title: item.title,
    record_class: item.record_class,
    class_title: item.class_title,
    medium: item.medium,
    media: null,
    source: null,
    destination: null,
    pi_elements: item.pi_elements,
    data_subjects: item.data_subjects,
    keep_until: item.keep_until,
    authority: item.authority,
    law: item.law,
    outcome: item.outcome,
    sanitization: null,
    method: item.method,
    passes: item.passes,
    tool: null,
    verification: {
      result: verification.result,
      method: verification.result === 'passed' ? 'full-read-back' : null,
      read_from: verification.read_from,
      detail: null,
    },
    files: item.files,
    bytes: item.bytes,
    pre_state: null,
    post_state: null,
    residual: item.residual,
    statement: statement && {
      method: statement.method,
      performed_by: statement.performed_by,
      performed_on: statement.performed_on,
      place: null,
      witness: statement.witness,
      vendor: statement.vendor,
      reference: statement.reference,
      vendor_certificate: null,
      recorded_by: statement.recorded_by,
    },
    custody: [],
    log: item.log,
  };
}
