import { checkpointLog, requireLogToRelyOn } from '../audit/index.js';
import { Fault, refused } from '../model/index.js';
import type { Session } from '../session/index.js';
import type { CertificateRecord, StoreTransaction } from '../store/index.js';
import { dateIn } from '../workspace/index.js';
import { certificateDocument } from './certificate-document.js';
import {
  type CertificateFacts,
  certificateNumber,
  type IssuedFacts,
  SUBJECT_KEYS,
  type SubjectKind,
} from './certificate-facts.js';
import { type FileOptions, makeFiles, stageFiles } from './certificate-files.js';
import type { CertificateDocument } from './certificate-format.js';
import { validateCertificate } from './certificate-parser.js';
import { certificateInWords, warnOfMissingCharacters } from './missing-characters.js';
import { usableFont, usableLogo } from './pdf-assets.js';
import { timestamping } from './signature-timestamp.js';
import { type CertificateSigner, certificateSigner } from './signing-identity.js';
import { thisTool } from './tool.js';

/** Another process took the number while this one drew the PDF; to be tried again with the next. */
const NUMBER_TAKEN = Symbol('number taken');
const ATTEMPTS = 20;

/**
 * Issues the certificate of what was destroyed: signs its files and writes them whole, then enters the
 * certificate and its log entry with their digests in one transaction. Numbers have no gap in a year of the workspace's time zone.
 *
 * Cut off before the transaction ends, it leaves files that the database does not know and that the next issue
 * replaces; cut off after, everything is in place. Asked again for the same subject, it gives what was issued.
 *
 * @throws Fault `certificate-empty` where nothing was destroyed, `clock-backwards`, `log-broken`; the file system's error where a file
 *   cannot be written
 */
export async function issueCertificate(
  session: Session,
  facts: CertificateFacts,
): Promise<CertificateRecord> {
  const { kind, id } = facts.subject;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const issued = await session.store.certificates.ofSubject(kind, id);
    if (issued) return issued;
    const record = await attemptIssue(session, facts, null);
    if (record !== NUMBER_TAKEN) return record;
  }
  throw noNumber(id);
}

/**
 * Issues a certificate of the same subject that takes the place of the newest one; that one stays where it is.
 *
 * @param replaces number of the certificate that it takes the place of
 * @throws Fault `certificate-replaced` (exit 4) where that one was replaced already, and as `issueCertificate`
 */
export async function replaceCertificate(
  session: Session,
  facts: CertificateFacts,
  replaces: string,
): Promise<CertificateRecord> {
  const { kind, id } = facts.subject;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const newest = await session.store.certificates.ofSubject(kind, id);
    if (newest?.number !== replaces) {
      throw refused('certificate-replaced', `Certificate ${replaces} is not the newest one of ${id}`, {
        hint: newest ? `Replace ${newest.number} instead` : 'See the numbers with: quietus certificate list',
      });
    }
    const record = await attemptIssue(session, facts, replaces);
    if (record !== NUMBER_TAKEN) return record;
  }
  throw noNumber(id);
}

function noNumber(id: string): Error {
  return new Error(`No number was free for the certificate of ${id} in ${ATTEMPTS} attempts`);
}

async function attemptIssue(
  session: Session,
  given: CertificateFacts,
  replaces: string | null,
): Promise<CertificateRecord | typeof NUMBER_TAKEN> {
  const { certificates } = session.store;
  const { subject } = given;
  if (session.clock.now().toISOString() < given.finishedAt) {
    throw refused('clock-backwards', `The clock stands before the end of ${subject.id}`, {
      hint: "Set the machine's clock, then run the same command again: the certificate is issued then",
    });
  }
  // What is certified are outcomes of which single entries tell.
  await requireLogToRelyOn(session);
  const signer = await certificateSigner(session);
  const { facts, year, sequence } = await complete(session, given, { signer, replaces });
  const document = certificateDocument(facts);
  requireValid(document);
  const made = await makeFiles(document, signer, fileOptions(session));
  const before = await certificates.ofSubject(subject.kind, subject.id);
  const staged = await stageFiles(
    session.paths.certificates,
    { id: subject.id, number: facts.number },
    made.files,
  );
  const issuedBy = (await session.operator()).id;
  try {
    const entered = await session.store.transaction(async (transaction) => {
      // Writers take turns from here on, so nobody else can publish under this number.
      const now = await transaction.certificates.ofSubject(subject.kind, subject.id);
      const next = await transaction.certificates.nextSequence(year);
      if (now?.number !== before?.number || next !== sequence) return NUMBER_TAKEN;
      await staged.publish();
      return await enter(session, transaction, subject.kind, {
        number: facts.number,
        year,
        sequence,
        subjectId: subject.id,
        replaces: facts.replaces,
        issuedAt: facts.issuedAt,
        issuedBy,
        items: document.totals.items,
        ...made.digests,
      });
    });
    if (entered !== NUMBER_TAKEN)
      warnOfMissingCharacters(session, made.missingCharacters, certificateInWords(entered.number));
    return entered;
  } finally {
    await staged.discard();
  }
}

async function enter(
  session: Session,
  transaction: StoreTransaction,
  kind: SubjectKind,
  certificate: Omit<CertificateRecord, 'logSeq' | 'subjectKind'>,
): Promise<CertificateRecord> {
  const entry = await session.recorder.append(transaction, {
    action: 'certificate.issue',
    outcome: 'done',
    subject: { certificate: certificate.number, [SUBJECT_KEYS[kind]]: certificate.subjectId },
    data: {
      items: certificate.items,
      json_sha256: certificate.jsonSha256,
      pdf_sha256: certificate.pdfSha256,
      signature_sha256: certificate.signatureSha256,
      ...(certificate.replaces === null ? {} : { replaces: certificate.replaces }),
    },
  });
  const record: CertificateRecord = { ...certificate, subjectKind: kind, logSeq: entry.seq };
  await transaction.certificates.insert(record);
  return record;
}

/** Adds what the workspace and the moment know: number, organization, log. Titles only where the settings allow them. */
async function complete(
  session: Session,
  given: CertificateFacts,
  issue: { signer: CertificateSigner; replaces: string | null },
): Promise<{ facts: IssuedFacts; year: number; sequence: number }> {
  const settings = session.settings();
  const covered = await coveredLog(session);
  const now = session.clock.now();
  const year = Number(dateIn(settings.timeZone, now).slice(0, 4));
  const sequence = await session.store.certificates.nextSequence(year);
  const untitled = <T extends { title: string | null }>(item: T): T =>
    settings.certificate.itemTitles ? item : { ...item, title: null };
  const facts: IssuedFacts = {
    ...given,
    items: given.items.map(untitled),
    exceptions: given.exceptions.map(untitled),
    number: certificateNumber(year, sequence),
    replaces: issue.replaces,
    workspaceId: settings.workspaceId,
    organization: settings.organization,
    issuedAt: now.toISOString(),
    timeZone: settings.timeZone,
    tool: thisTool(),
    signer: { name: issue.signer.name, certificateSha256: issue.signer.record.fingerprint },
    log: { firstSeq: firstSeq(given), ...covered },
  };
  return { facts, year, sequence };
}

/** A logo or a font that cannot be used holds no certificate back: records were destroyed already. */
function fileOptions(session: Session): FileOptions {
  const { certificate, log } = session.settings();
  return {
    timestamp: timestamping(log.timestamp),
    font: usableFont(certificate.font),
    logo: usableLogo(certificate.logo),
  };
}

/** The end of the log, signed where the key of the log is there: its loss must not hold a certificate back. */
async function coveredLog(session: Session): Promise<Omit<IssuedFacts['log'], 'firstSeq'>> {
  let checkpoint: { size: number; note: string } | null = null;
  try {
    checkpoint = await checkpointLog(session);
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'log-key-lost') throw error;
  }
  const head = checkpoint ? await session.store.log.get(checkpoint.size) : await session.store.log.head();
  if (head === undefined) throw new Error('The log has no entry of what is to be certified');
  return { lastSeq: head.seq, headHash: head.hash, checkpoint: checkpoint?.note ?? null };
}

function firstSeq(facts: CertificateFacts): number {
  const entries = [...facts.items, ...facts.exceptions].flatMap(({ log }) =>
    log === null ? [] : [log.intentSeq],
  );
  return entries.reduce((first, seq) => Math.min(first, seq), Number.MAX_SAFE_INTEGER);
}

/** A document that breaks its own rules is a defect of this program and must never be signed by anybody. */
function requireValid(document: CertificateDocument): void {
  try {
    validateCertificate(document);
  } catch (cause) {
    throw new Error('The certificate that was made breaks the rules of its format', { cause });
  }
}
