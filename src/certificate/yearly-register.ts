import { csvCell } from '../audit/index.js';
import type { Session } from '../session/index.js';
import { dateIn } from '../workspace/index.js';
import type { CertificateDocument, ItemEntry } from './certificate-format.js';
import { listCertificates, type RegisteredCertificate, showCertificate } from './certificate-register.js';

/** One item that was destroyed, under which authority, and by whom. */
export interface RegisterRow {
  certificate: string;
  /** `stands`, `void`, `replaced by NUMBER`, or both of these. */
  state: string;
  /** Day on which the disposal ended, in the organization's time zone. */
  destroyedOn: string;
  item: ItemEntry;
  document: CertificateDocument;
}

/** State of a certificate in a few words: whether it is void, and which one took its place. */
export function stateOf({ void: declared, replacedBy }: RegisteredCertificate): string {
  const states = [
    ...(declared === null ? [] : ['void']),
    ...(replacedBy === null ? [] : [`replaced by ${replacedBy}`]),
  ];
  return states.join(', ') || 'stands';
}

/**
 * Every item of the certificates of a year (by number), oldest first; those of certificates that are void or replaced
 * as well, and marked so: a register hides nothing.
 *
 * @throws Fault as `showCertificate`, for the first certificate whose file is not what was issued
 */
export async function* yearlyRegister(session: Session, year: number): AsyncGenerator<RegisterRow> {
  const { timeZone } = session.settings();
  for (const certificate of await listCertificates(session)) {
    if (certificate.year !== year) continue;
    const { document } = await showCertificate(session, certificate.number);
    const destroyedOn = dateIn(timeZone, new Date(document.finished_at));
    for (const item of document.items) {
      yield {
        certificate: certificate.number,
        state: stateOf(certificate),
        destroyedOn: item.statement?.performed_on ?? destroyedOn,
        item,
        document,
      };
    }
  }
}

const COLUMNS: readonly { name: string; value: (row: RegisterRow) => string | number | null }[] = [
  { name: 'certificate', value: (row) => row.certificate },
  { name: 'state', value: (row) => row.state },
  { name: 'destroyed_on', value: (row) => row.destroyedOn },
  { name: 'kind', value: ({ document }) => document.subject.kind },
  { name: 'item', value: ({ item }) => item.id },
  { name: 'title', value: ({ item }) => item.title },
  { name: 'record_class', value: ({ item }) => item.record_class },
  { name: 'class_title', value: ({ item }) => item.class_title },
  {
    name: 'other_classes',
    value: ({ item }) => (item.other_classes ?? []).map((each) => each.record_class).join(' '),
  },
  { name: 'authority', value: ({ item }) => item.authority?.citation ?? null },
  { name: 'ground', value: ({ document }) => document.subject.ground },
  { name: 'kept_until', value: ({ item }) => item.keep_until },
  { name: 'law', value: ({ item }) => `M.G.L. c. 93I, § 2(${item.law.clause})` },
  { name: 'medium', value: ({ item }) => item.medium },
  { name: 'serial', value: ({ item }) => item.media?.serial ?? null },
  { name: 'pi_elements', value: ({ item }) => item.pi_elements.join(' ') },
  { name: 'data_subjects', value: ({ item }) => item.data_subjects },
  { name: 'outcome', value: ({ item }) => item.outcome },
  { name: 'sanitization', value: ({ item }) => item.sanitization },
  { name: 'method', value: ({ item }) => item.method ?? item.statement?.method ?? null },
  { name: 'files', value: ({ item }) => item.files },
  { name: 'bytes', value: ({ item }) => item.bytes },
  { name: 'done_by', value: ({ item, document }) => item.statement?.performed_by ?? document.operator.name },
  { name: 'operator', value: ({ document }) => document.operator.id },
  {
    name: 'approved_by',
    value: ({ document }) => document.approvals.map(({ operator }) => operator).join(' '),
  },
  { name: 'vendor', value: ({ item }) => item.statement?.vendor ?? null },
  { name: 'log_entry', value: ({ item }) => item.log.outcome_seq },
];

/** The register as CSV (RFC 4180), UTF-8, with a header. */
export async function registerCsv(rows: AsyncIterable<RegisterRow>): Promise<string> {
  const lines = [COLUMNS.map(({ name }) => name).join(',')];
  for await (const row of rows)
    lines.push(COLUMNS.map(({ value }) => csvCell(String(value(row) ?? ''))).join(','));
  return `${lines.join('\r\n')}\r\n`;
}
