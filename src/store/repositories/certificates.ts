import type { Knex } from 'knex';

/** What the store knows of an issued certificate; the documents themselves lie in the certificates folder. */
export interface CertificateRecord {
  /** YYYY-NNNN, without gaps in each year. */
  number: string;
  year: number;
  sequence: number;
  runId: string;
  issuedAt: string;
  issuedBy: string;
  /** Items that the certificate states as destroyed. */
  items: number;
  /** SHA-256, hex, of the files as they were issued. */
  jsonSha256: string;
  pdfSha256: string;
  /** Log entry that carries both digests. */
  logSeq: number;
}

interface CertificateRow {
  number: string;
  year: number;
  sequence: number;
  run_id: string;
  issued_at: string;
  issued_by: string;
  items: number;
  json_sha256: string;
  pdf_sha256: string;
  log_seq: number;
}

export class CertificateRepository {
  constructor(private readonly database: Knex | Knex.Transaction) {}

  async insert(certificate: CertificateRecord): Promise<void> {
    await this.database('certificates').insert({
      number: certificate.number,
      year: certificate.year,
      sequence: certificate.sequence,
      run_id: certificate.runId,
      issued_at: certificate.issuedAt,
      issued_by: certificate.issuedBy,
      items: certificate.items,
      json_sha256: certificate.jsonSha256,
      pdf_sha256: certificate.pdfSha256,
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

  async ofRun(runId: string): Promise<CertificateRecord | undefined> {
    const row: CertificateRow | undefined = await this.database('certificates')
      .where('run_id', runId)
      .first();
    return row && certificate(row);
  }

  async list(): Promise<CertificateRecord[]> {
    const rows: CertificateRow[] = await this.database('certificates').orderBy(['year', 'sequence']);
    return rows.map(certificate);
  }
}

function certificate(row: CertificateRow): CertificateRecord {
  return {
    number: row.number,
    year: row.year,
    sequence: row.sequence,
    runId: row.run_id,
    issuedAt: row.issued_at,
    issuedBy: row.issued_by,
    items: row.items,
    jsonSha256: row.json_sha256,
    pdfSha256: row.pdf_sha256,
    logSeq: row.log_seq,
  };
}
