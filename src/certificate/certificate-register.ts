import { sha256 } from '../crypto/index.js';
import { badInput, verificationFailed } from '../model/index.js';
import type { Session } from '../session/index.js';
import type { CertificateRecord, CertificateVoid } from '../store/index.js';
import { type CertificatePaths, certificatePaths, readCertificateFile } from './certificate-files.js';
import type { CertificateDocument } from './certificate-format.js';
import { parseCertificate } from './certificate-parser.js';
import { requireRegisterAsLogged } from './register-evidence.js';

export const NUMBER = /^\d{4}-\d{4,9}$/;

/** A certificate with what became of it since. */
export interface RegisteredCertificate extends CertificateRecord {
  void: CertificateVoid | null;
  /** Number of the certificate that took its place. */
  replacedBy: string | null;
}

/** Every certificate that was issued, oldest first. @throws Fault `register-changed` (exit 5) */
export async function listCertificates(session: Session): Promise<RegisteredCertificate[]> {
  await requireRegisterAsLogged(session.store);
  const records = await session.store.certificates.list();
  const voids = new Map((await session.store.certificates.voids()).map((each) => [each.number, each]));
  const replacements = new Map(records.map(({ number, replaces }) => [replaces, number]));
  return records.map((record) => ({
    ...record,
    void: voids.get(record.number) ?? null,
    replacedBy: replacements.get(record.number) ?? null,
  }));
}

/**
 * One certificate with what became of it since.
 *
 * @throws Fault `certificate-unknown` (exit 2), `register-changed` (exit 5)
 */
export async function registeredCertificate(
  session: Session,
  number: string,
): Promise<RegisteredCertificate> {
  const { number: known } = await requireCertificate(session, number);
  const found = (await listCertificates(session)).find((each) => each.number === known);
  if (found === undefined) throw new Error(`Certificate ${known} left the register while it was read`);
  return found;
}

export interface ShownCertificate {
  record: CertificateRecord;
  paths: CertificatePaths;
  /** In the words of version 2, whichever version the file has. */
  document: CertificateDocument;
  /** The file itself. */
  json: Buffer;
}

/**
 * One certificate with its document. Only a file that is what was issued is shown.
 *
 * @throws Fault `certificate-unknown`, `certificate-file-missing` (exit 2), `certificate-changed` (exit 5)
 */
export async function showCertificate(session: Session, number: string): Promise<ShownCertificate> {
  const record = await requireCertificate(session, number);
  const paths = certificatePaths(session.paths.certificates, number);
  const json = await readCertificateFile(paths.json);
  if (sha256(json) !== record.jsonSha256) {
    throw verificationFailed(
      'certificate-changed',
      `The file of certificate ${number} was changed since it was issued`,
      {
        hint: `See what is wrong with: quietus certificate verify ${number}`,
      },
    );
  }
  return { record, paths, document: parseCertificate(json), json };
}

/** @throws Fault `certificate-unknown` (exit 2) */
export async function requireCertificate(session: Session, number: string): Promise<CertificateRecord> {
  const record = NUMBER.test(number) ? await session.store.certificates.get(number) : undefined;
  if (record) return record;
  throw badInput(
    'certificate-unknown',
    `No certificate ${NUMBER.test(number) ? number : 'with this number'} was issued here`,
    {
      hint: 'See the numbers with: quietus certificate list',
    },
  );
}
