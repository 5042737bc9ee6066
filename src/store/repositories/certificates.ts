import type { Knex } from 'knex';

/** What the store knows of an issued certificate; the documents themselves lie in the certificates folder. */
export interface CertificateRecord {
  /** YYYY-NNNN, without gaps in each year. */
  number: string;
  year: number;
  sequence: number;
  /** What it is of: a run (`sweep`, `physical`), or something else that was destroyed. */
  subjectKind: string;
  subjectId: string;
  /** Number of the certificate that this one takes the place of. */
  replaces: string | null;
  issuedAt: string;
  issuedBy: string;
  /** Items that the certificate states as destroyed. */
  items: number;
  /** SHA-256, hex, of the files as they were issued. */
  jsonSha256: string;
  pdfSha256: string;
  /** Of the detached signature of the JSON file; null where it was issued without one. */
  signatureSha256: string | null;
  /** Log entry that carries the digests. */
  logSeq: number;
}

/** A certificate that is not to be relied on any more. */
export interface CertificateVoid {
  number: string;
  voidedAt: string;
  voidedBy: string;
  reason: string;
  logSeq: number;
}

/** An operator's own signature on a certificate. */
export interface CounterSignature {
  number: string;
  operator: string;
  role: string;
  signedAt: string;
  /** Canonical JSON that was signed. */
  statement: string;
  /** Ed25519, base64. */
  signature: string;
  logSeq: number;
}

/** A signing certificate that this workspace has had. */
export interface SignerRecord {
  /** SHA-256, hex, of the certificate in DER. */
  fingerprint: string;
  origin: 'self-signed' | 'imported';
  /** PEM of the certificate and of those that issued it, nearest first. */
  certificates: string;
  recordedAt: string;
  recordedBy: string;
  logSeq: number;
}

interface SignerRow {
  fingerprint: string;
  origin: SignerRecord['origin'];
  certificates: string;
  recorded_at: string;
  recorded_by: string;
  log_seq: number;
}

interface CertificateRow {
  number: string;
  year: number;
  sequence: number;
  subject_kind: string;
  subject_id: string;
  replaces: string | null;
  issued_at: string;
  issued_by: string;
  items: number;
  json_sha256: string;
  pdf_sha256: string;
  signature_sha256: string | null;
  log_seq: number;
}

interface VoidRow {
  number: string;
  voided_at: string;
  voided_by: string;
  reason: string;
  log_seq: number;
}

interface CounterSignatureRow {
  number: string;
  operator: string;
  role: string;
  signed_at: string;
  statement: string;
  signature: string;
  log_seq: number;
}

/** Subjects whose id is that of a run. */
const RUN_KINDS = ['sweep', 'physical', 'disposal'];

export class CertificateRepository {
  constructor(private readonly database: Knex) {}

  async insert(certificate: CertificateRecord): Promise<void> {
    await this.database('certificates').insert({
      number: certificate.number,
      year: certificate.year,
      sequence: certificate.sequence,
      subject_kind: certificate.subjectKind,
      subject_id: certificate.subjectId,
      replaces: certificate.replaces,
      issued_at: certificate.issuedAt,
      issued_by: certificate.issuedBy,
      items: certificate.items,
      json_sha256: certificate.jsonSha256,
      pdf_sha256: certificate.pdfSha256,
      signature_sha256: certificate.signatureSha256,
      log_seq: certificate.logSeq,
    });
  }

  /** The next number of a year, starting at 1. */
  async nextSequence(year: number): Promise<number> {
    const rows: { last: number | null }[] = await this.database('certificates')
      .where('year', year)
      .max({ last: 'sequence' });
    return (rows[0]?.last ?? 0) + 1;
  }

  async get(number: string): Promise<CertificateRecord | undefined> {
    const row: CertificateRow | undefined = await this.database('certificates')
      .where('number', number)
      .first();
    return row && certificate(row);
  }

  /** The newest certificate of a run, whether it stands or is void. */
  async ofRun(runId: string): Promise<CertificateRecord | undefined> {
    return await this.newest(RUN_KINDS, runId);
  }

  /** The newest certificate of what was destroyed, whether it stands or is void. */
  async ofSubject(kind: string, id: string): Promise<CertificateRecord | undefined> {
    return await this.newest([kind], id);
  }

  private async newest(kinds: readonly string[], id: string): Promise<CertificateRecord | undefined> {
    const row: CertificateRow | undefined = await this.database('certificates')
      .whereIn('subject_kind', kinds)
      .where('subject_id', id)
      .orderBy([
        { column: 'year', order: 'desc' },
        { column: 'sequence', order: 'desc' },
      ])
      .first();
    return row && certificate(row);
  }

  /** The certificate that took the place of this one. */
  async replacementOf(number: string): Promise<CertificateRecord | undefined> {
    const row: CertificateRow | undefined = await this.database('certificates')
      .where('replaces', number)
      .first();
    return row && certificate(row);
  }

  async list(): Promise<CertificateRecord[]> {
    const rows: CertificateRow[] = await this.database('certificates').orderBy(['year', 'sequence']);
    return rows.map(certificate);
  }

  async insertSigner(signer: SignerRecord): Promise<void> {
    await this.database('certificate_signers').insert({
      fingerprint: signer.fingerprint,
      origin: signer.origin,
      certificates: signer.certificates,
      recorded_at: signer.recordedAt,
      recorded_by: signer.recordedBy,
      log_seq: signer.logSeq,
    });
  }

  /** Every signing certificate that the workspace has had, oldest first; the last is in use. */
  async signers(): Promise<SignerRecord[]> {
    const rows: SignerRow[] = await this.database('certificate_signers').orderBy('log_seq');
    return rows.map((row) => ({
      fingerprint: row.fingerprint,
      origin: row.origin,
      certificates: row.certificates,
      recordedAt: row.recorded_at,
      recordedBy: row.recorded_by,
      logSeq: row.log_seq,
    }));
  }

  async insertVoid(entry: CertificateVoid): Promise<void> {
    await this.database('certificate_voids').insert({
      number: entry.number,
      voided_at: entry.voidedAt,
      voided_by: entry.voidedBy,
      reason: entry.reason,
      log_seq: entry.logSeq,
    });
  }

  async voids(): Promise<CertificateVoid[]> {
    const rows: VoidRow[] = await this.database('certificate_voids').orderBy('number');
    return rows.map((row) => ({
      number: row.number,
      voidedAt: row.voided_at,
      voidedBy: row.voided_by,
      reason: row.reason,
      logSeq: row.log_seq,
    }));
  }

  async insertCounterSignature(signature: CounterSignature): Promise<void> {
    await this.database('certificate_countersignatures').insert({
      number: signature.number,
      operator: signature.operator,
      role: signature.role,
      signed_at: signature.signedAt,
      statement: signature.statement,
      signature: signature.signature,
      log_seq: signature.logSeq,
    });
  }

  /** Of one certificate, in the order of signing. */
  async counterSignatures(number: string): Promise<CounterSignature[]> {
    const rows: CounterSignatureRow[] = await this.database('certificate_countersignatures')
      .where('number', number)
      .orderBy('log_seq');
    return rows.map((row) => ({
      number: row.number,
      operator: row.operator,
      role: row.role,
      signedAt: row.signed_at,
      statement: row.statement,
      signature: row.signature,
      logSeq: row.log_seq,
    }));
  }
}

function certificate(row: CertificateRow): CertificateRecord {
  return {
    number: row.number,
    year: row.year,
    sequence: row.sequence,
    subjectKind: row.subject_kind,
    subjectId: row.subject_id,
    replaces: row.replaces,
    issuedAt: row.issued_at,
    issuedBy: row.issued_by,
    items: row.items,
    jsonSha256: row.json_sha256,
    pdfSha256: row.pdf_sha256,
    signatureSha256: row.signature_sha256,
    logSeq: row.log_seq,
  };
}
