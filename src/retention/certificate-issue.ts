import { reissueCertificate } from '../certificate/index.js';
import { certifyDisposal, certifySanitization } from '../disposal/index.js';
import { badInput, refused } from '../model/index.js';
import type { Session } from '../session/index.js';
import type { CertificateRecord, Run } from '../store/index.js';
import { deviceAuthority } from './device-disposal.js';
import { certifyRun } from './run-certificate.js';

/**
 * Issues the certificate of a finished run or of a sanitized device that was cut off before it, or issues one again.
 *
 * @param asked exactly one of the two
 * @throws Fault `certificate-of-what`, `run-unknown` (exit 2), `run-unfinished`, `certificate-empty` (exit 4), and as
 *   `reissueCertificate`. That of an erased archive is issued by its erasure, asked again.
 */
export async function issueFor(
  session: Session,
  asked: { run: string | null; replaces: string | null },
): Promise<CertificateRecord> {
  if ((asked.run === null) === (asked.replaces === null)) {
    throw badInput('certificate-of-what', 'Name either a run or a certificate to replace', {
      hint: 'Such as: quietus certificate issue --replaces 2026-0001',
    });
  }
  if (asked.replaces !== null) return await reissueCertificate(session, asked.replaces);
  const id = asked.run ?? '';
  const issued = (await issueForRun(session, id)) ?? (await issueForDevice(session, id));
  if (issued) return issued;
  const archived = await session.store.archives.get(id);
  throw badInput('run-unknown', 'There is no such run, and no such sanitization of a device', {
    hint: archived
      ? `Run again what erased the archive: quietus archive erase ${archived.itemId} --plan PLAN`
      : 'See the runs of a plan with: quietus sweep show PLAN; devices with: quietus media list',
  });
}

async function issueForRun(session: Session, id: string): Promise<CertificateRecord | undefined> {
  const run = await session.store.runs.get(id);
  if (run === undefined) return undefined;
  if (run.finishedAt === null) {
    throw refused('run-unfinished', `Run ${run.id} has not ended`, {
      hint: 'Start it again: it goes on where it was, and issues its certificate',
    });
  }
  return (await certified(session, run)) ?? nothingToCertify(run.id);
}

async function issueForDevice(session: Session, id: string): Promise<CertificateRecord | undefined> {
  const record = await session.store.sanitizations.get(id);
  if (record === undefined) return undefined;
  if (record.finishedAt === null) {
    throw refused('run-unfinished', `The sanitization ${id} has not ended`, {
      hint: 'Sanitize the device again, or destroy it: nothing is known of what it holds',
    });
  }
  const issued = await certifySanitization(session, record, deviceAuthority(session));
  if (issued !== null) return issued;
  throw refused(
    'certificate-empty',
    `By ${id} the device was not sanitized as a whole, so there is nothing to certify`,
    {
      hint: 'Something may be left on it: sanitize it again, or destroy it',
    },
  );
}

function nothingToCertify(id: string): never {
  throw refused('certificate-empty', `By ${id} nothing was destroyed, so there is nothing to certify`);
}

async function certified(session: Session, run: Run): Promise<CertificateRecord | null> {
  if (run.planId === null) return await certifyDisposal(session, run);
  const plan = await session.store.plans.get(run.planId);
  if (plan === undefined) throw new Error(`The plan of run ${run.id} is gone`);
  return await certifyRun(session, plan, run);
}
