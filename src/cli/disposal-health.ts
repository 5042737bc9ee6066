import { ExitCode, Fault } from '../model/index.js';
import type { Session } from '../session/index.js';
import { type Finding, finding } from './health-finding.js';

/** Disposals that were cut off, and database hooks that no plan could use. Nothing is said where all is well. */
export async function checkDisposals(session: Session): Promise<Finding[]> {
  const { cutOffDisposals, readHooks } = await import('../disposal/index.js');
  const found = (await cutOffDisposals(session)).map(({ run }) =>
    finding('disposals', 'warning', `The disposal ${run.id} was cut off`, {
      hint: `Go on with: quietus dispose --continue ${run.id}`,
      exitCode: ExitCode.waiting,
    }),
  );
  for (const { name, problem } of readHooks(session.paths)) {
    if (!(problem instanceof Fault)) continue;
    found.push(
      finding('disposals', 'warning', `databases/${name}.yaml cannot be used: ${problem.message}`, {
        ...(problem.hint === undefined ? {} : { hint: problem.hint }),
        exitCode: ExitCode.badInput,
      }),
    );
  }
  return found;
}
