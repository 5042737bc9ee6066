import { QuietusCommand } from '../../cli/index.js';

export default class CertificateList extends QuietusCommand {
  static override description = 'List the certificates that were issued, the oldest first.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json',
  ];

  async run(): Promise<unknown> {
    await this.parse(CertificateList);
    const { listCertificates, stateOf, SUBJECT_LABELS } = await import('../../certificate/index.js');
    const session = await this.openSession();
    const certificates = await listCertificates(session);
    if (certificates.length === 0) this.note('No certificate was issued yet.');
    else {
      this.printTable(certificates, [
        { head: 'NUMBER', value: (each) => each.number, shrink: false },
        { head: 'ISSUED', value: (each) => session.dayOf(each.issuedAt), shrink: false },
        { head: 'ITEMS', value: (each) => each.items, align: 'right' },
        { head: 'BY', value: (each) => each.issuedBy },
        { head: 'OF', value: (each) => SUBJECT_LABELS[each.subjectKind as keyof typeof SUBJECT_LABELS] },
        { head: 'RUN', value: (each) => each.subjectId },
        { head: 'STATE', value: stateOf, shrink: false },
      ]);
    }
    return {
      certificates: certificates.map((each) => ({
        number: each.number,
        issued_at: each.issuedAt,
        issued_by: each.issuedBy,
        items: each.items,
        subject: { kind: each.subjectKind, id: each.subjectId },
        replaces: each.replaces,
        replaced_by: each.replacedBy,
        void: each.void && { at: each.void.voidedAt, by: each.void.voidedBy, reason: each.void.reason },
        json_sha256: each.jsonSha256,
        pdf_sha256: each.pdfSha256,
        signature_sha256: each.signatureSha256,
        log_seq: each.logSeq,
      })),
    };
  }
}
