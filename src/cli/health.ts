import { ExitCode, Fault } from '../model/index.js';
import { findWorkspace } from '../workspace/index.js';
import { checkArchives } from './archive-health.js';
import { checkDisposals } from './disposal-health.js';
import { describeError } from './error-report.js';
import { checkExpiry, checkTransfers } from './expiry-health.js';
import { checkFonts } from './font-health.js';
import { type Finding, finding, type HealthSurroundings } from './health-finding.js';
import { checkNode, checkSqliteBinding, checkUnfinishedPlaintext } from './machine-health.js';
import {
  checkDatabase,
  checkEvidence,
  checkFitness,
  checkFreeSpace,
  checkLog,
  checkOperator,
  checkPermissions,
  checkSchedule,
  checkSettings,
} from './workspace-health.js';

export interface HealthReport {
  readonly findings: readonly Finding[];
  /** Of the gravest finding. */
  readonly exitCode: ExitCode;
  /** Folder of the workspace that was looked at. */
  readonly workspace: string | undefined;
}

/** The gravest first. What verification found outweighs what is set wrong, which outweighs what waits. */
const GRAVITY: readonly ExitCode[] = [
  ExitCode.defect,
  ExitCode.verificationFailed,
  ExitCode.badInput,
  ExitCode.refused,
  ExitCode.locked,
  ExitCode.waiting,
  ExitCode.partial,
  ExitCode.done,
];

/**
 * Looks at the machine and the workspace, and changes nothing but what opening a workspace changes (the
 * database of an older version is brought up to date). A check that fails for a reason of its own is a finding
 * too, so that one broken thing never hides the others.
 */
export async function checkHealth(around: HealthSurroundings): Promise<HealthReport> {
  const findings: Finding[] = [];
  const check = async (name: string, look: () => Promise<Finding[]>): Promise<boolean> => {
    const found = await look().catch((error: unknown) => [fromError(name, error)]);
    findings.push(...found);
    return found.every(({ state }) => state !== 'bad');
  };
  await check('node', checkNode);
  await check('plaintext', () => checkUnfinishedPlaintext(around.workspace.cwd));
  const binding = await check('sqlite3', checkSqliteBinding);
  const paths = workspaceOrFinding(around, findings);
  if (paths !== undefined) {
    const settings = await check('settings', () => checkSettings(paths));
    await check('permissions', () => checkPermissions(paths));
    await check('free space', () => checkFreeSpace(paths));
    if (binding && (await check('database', () => checkDatabase(paths)))) {
      const session = (): ReturnType<HealthSurroundings['openSession']> => around.openSession();
      if (settings) await check('operator', async () => checkOperator(await session()));
      await check('schedule', async () => checkSchedule(await session()));
      await check('disposals', async () => checkDisposals(await session()));
      await check('archives', async () => checkArchives(await session()));
      if (settings) await check('expiry', async () => checkExpiry(await session()));
      if (settings) await check('certificates', async () => checkFonts(await session()));
      await check('transfers', async () => checkTransfers(await session()));
      if (settings) await check('log', async () => checkLog(await session(), around));
      if (settings) await check('evidence', async () => checkEvidence(await session()));
      if (settings) await check('clock', async () => checkFitness(await session()));
    }
  }
  const codes = findings.map(({ exitCode }) => exitCode);
  const exitCode = GRAVITY.find((code) => codes.includes(code)) ?? ExitCode.done;
  return { findings, exitCode, workspace: paths?.root };
}

/** A machine without a workspace is no fault of the machine, unless somebody named one. */
function workspaceOrFinding(around: HealthSurroundings, findings: Finding[]) {
  try {
    return findWorkspace(around.workspace);
  } catch (error) {
    const named = around.workspace.flag !== undefined || Boolean(around.workspace.env.QUIETUS_WORKSPACE);
    const missing = error instanceof Fault && error.code === 'workspace-missing';
    findings.push(
      missing && !named
        ? finding('workspace', 'note', error.message, { hint: error.hint })
        : fromError('workspace', error),
    );
    return undefined;
  }
}

/** Never the exit code of a signal or of done: whatever failed here, the check did not pass. */
function fromError(check: string, error: unknown): Finding {
  const { message, hint, exitCode } = describeError(error, { json: false, command: 'doctor' });
  if (exitCode === ExitCode.interrupted) throw error;
  return finding(check, 'bad', message, { hint, exitCode });
}
