import { reissueCertificate } from '../certificate/index.js';
import { certifyDisposal } from '../disposal/index.js';
import { badInput, refused } from '../model/index.js';
import type { Session } from '../session/index.js';
import type { CertificateRecord, Run } from '../store/index.js';
import { certifyRun } from './run-certificate.js';

/**
 * Issues the certificate of a finished run that was cut off before it, or issues a certificate again.
 *
 * @param asked exactly one of the two
 * @throws Fault `certificate-of-what`, `run-unknown` (exit 2), `run-unfinished`, `certificate-empty` (exit 4), and as
 *   `reissueCertificate`
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
  const run = await session.store.runs.get(asked.run ?? '');
  if (run === undefined) {
    throw badInput('run-unknown', 'There is no such run', {
      hint: 'See the runs of a plan with: quietus sweep show PLAN',
    });
  }
  if (run.finishedAt === null) {
    throw refused('run-unfinished', `Run ${run.id} has not ended`, {
      hint: 'Start it again: it goes on where it was, and issues its certificate',
    });
  }
  const issued = await certified(session, run);
  if (issued) return issued;
  throw refused('certificate-empty', `By ${run.id} nothing was destroyed, so there is nothing to certify`);
}

async function certified(session: Session, run: Run): Promise<CertificateRecord | null> {
  if (run.planId === null) return await certifyDisposal(session, run);
  const plan = await session.store.plans.get(run.planId);
  if (plan === undefined) throw new Error(`The plan of run ${run.id} is gone`);
  return await certifyRun(session, plan, run);
}
