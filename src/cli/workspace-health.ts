import { lstat, readdir, readFile, statfs } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ExitCode, Fault, operatorState } from '../model/index.js';
import type { Session } from '../session/index.js';
import { groupOf, readSettings, type WorkspacePaths } from '../workspace/index.js';
import { counted } from './counted.js';
import { type Finding, finding, type HealthSurroundings } from './health-finding.js';
import { checkSharedPermissions } from './shared-permissions.js';

const MEBIBYTE = 1024 * 1024;
/** A run writes its log before it destroys anything; it must never be short of room for that. */
const LITTLE_SPACE = 1024 * MEBIBYTE;
const NO_SPACE = 100 * MEBIBYTE;

export async function checkSettings(paths: WorkspacePaths): Promise<Finding[]> {
  const { organization, timeZone } = readSettings(paths.settings);
  return [finding('settings', 'good', `${organization.name}, ${timeZone}`)];
}

/** Keys and the database are for the owner alone; what decides about disposal is for nobody else to write. */
export async function checkPermissions(paths: WorkspacePaths): Promise<Finding[]> {
  if (process.platform === 'win32') return [finding('permissions', 'note', 'Not checked on Windows')];
  if (groupOf(paths.root) !== null) return await checkSharedPermissions(paths);
  const found: Finding[] = [];
  for (const path of await privatePaths(paths)) found.push(...(await mistakes(path, 0o077, paths)));
  for (const path of [paths.root, paths.settings, paths.schedule])
    found.push(...(await mistakes(path, 0o022, paths)));
  if (found.length > 0) return found;
  return [finding('permissions', 'good', 'Keys, database and settings are for their owner alone')];
}

async function privatePaths({ keys, database, backups }: WorkspacePaths): Promise<string[]> {
  const names = await readdir(keys).catch(() => []);
  return [
    keys,
    ...names.map((name) => join(keys, name)),
    database,
    `${database}-wal`,
    `${database}-shm`,
    backups,
  ];
}

async function mistakes(path: string, forbidden: number, paths: WorkspacePaths): Promise<Finding[]> {
  const status = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (status === undefined) return [];
  const name = path === paths.root ? 'the workspace folder' : path.slice(paths.root.length + 1);
  const found: Finding[] = [];
  const mode = (status.mode & 0o777).toString(8).padStart(4, '0');
  if ((status.mode & forbidden) !== 0) {
    const change = forbidden === 0o077 ? 'go=' : 'go-w';
    found.push(
      finding(
        'permissions',
        'bad',
        `Other accounts can ${forbidden === 0o077 ? 'use' : 'write'} ${name} (mode ${mode})`,
        {
          hint: path.startsWith(`${paths.database}-`)
            ? `It goes when the last command ends; if it is still there then, run: chmod ${change} ${path}`
            : `Run: chmod ${change} ${path}`,
        },
      ),
    );
  }
  const account = process.getuid?.();
  if (account !== undefined && status.uid !== account) {
    found.push(
      finding('permissions', 'bad', `${name} belongs to another account (uid ${status.uid})`, {
        hint: `Run the command as that account, or as root: chown ${account} ${path}`,
      }),
    );
  }
  return found;
}

export async function checkFreeSpace(paths: WorkspacePaths): Promise<Finding[]> {
  const { bavail, bsize } = await statfs(paths.root);
  const free = bavail * bsize;
  const message = `${Math.floor(free / MEBIBYTE).toLocaleString('en')} MiB free for the workspace`;
  if (free >= LITTLE_SPACE) return [finding('free space', 'good', message)];
  const hint = 'Free some space: a run that cannot write its log stops';
  return [finding('free space', free < NO_SPACE ? 'bad' : 'warning', message, { hint })];
}

/** SQLite's own check of the file's structure, before anything opens it for writing. */
export async function checkDatabase({ database }: WorkspacePaths): Promise<Finding[]> {
  await lstat(database);
  const answer = await structureOf(database);
  if (answer === 'ok') return [finding('database', 'good', `${basename(database)} is sound`)];
  return [
    finding('database', 'bad', `SQLite finds ${basename(database)} damaged`, {
      hint: 'Copy the workspace as it is, then restore quietus.db from a backup',
      exitCode: ExitCode.verificationFailed,
    }),
  ];
}

/** Of the log's entries the indexes, too: by them it is found out of which times they are. Those of a large inventory would take minutes. */
const STRUCTURE = ['PRAGMA quick_check(1)', "PRAGMA integrity_check('log_entries')"];

async function structureOf(file: string): Promise<string> {
  const { default: sqlite3 } = await import('sqlite3');
  const database = await new Promise<import('sqlite3').Database>((resolve, reject) => {
    const opened = new sqlite3.Database(file, sqlite3.OPEN_READONLY, (error) =>
      error === null ? resolve(opened) : reject(error),
    );
  });
  const ask = (pragma: string) =>
    new Promise<string>((resolve, reject) => {
      database.get<Record<string, string>>(pragma, (error, row) => {
        if (error === null) resolve(Object.values(row)[0] ?? '');
        else reject(error);
      });
    });
  try {
    for (const pragma of STRUCTURE) {
      const answer = await ask(pragma);
      if (answer !== 'ok') return answer;
    }
    return 'ok';
  } finally {
    database.close();
  }
}

export async function checkOperator(session: Session): Promise<Finding[]> {
  const { id } = await session.operator();
  return [finding('operator', 'good', `This account is operator ${id}`), ...(await operatorsInNeed(session))];
}

/** Keys that nobody confirmed, people who wait, and too few people for the approvals that every plan needs. */
async function operatorsInNeed(session: Session): Promise<Finding[]> {
  const { hasOperatorKey, requireProvenKey } = await import('../operators/index.js');
  const operators = await session.store.operators.list();
  for (const operator of operators) {
    if (operator.publicKey !== '') await requireProvenKey(session, session.store, operator);
  }
  const found = operators
    .filter((operator) => operatorState(operator) === 'registered')
    .map(({ id }) =>
      finding('operator', 'warning', `The operator ${id} is registered and has no confirmed key`, {
        hint: `The person runs: quietus operator enroll; then another operator: quietus operator confirm ${id}`,
      }),
    );
  const working = operators.filter((operator) => operatorState(operator) === 'active');
  for (const { id } of working.filter((each) => !hasOperatorKey(session.paths.keys, each.id))) {
    found.push(
      finding('operator', 'bad', `The key file of the operator ${id} is gone: keys/${id}.key.json`, {
        hint: `Restore it from a backup; without it ${id} can approve nothing`,
      }),
    );
  }
  const active = working.length;
  const { minimum, plannerMayApprove } = session.settings().approvals;
  const needed = minimum + (minimum === 2 || (minimum === 1 && !plannerMayApprove) ? 1 : 0);
  if (active < needed) {
    found.push(
      finding(
        'operator',
        'warning',
        `Approvals need ${needed} active operators, the planner included; there are ${active}`,
        {
          hint: 'Register another person: quietus operator add',
        },
      ),
    );
  }
  const gone = await deactivatedByLog(session);
  for (const { id } of operators.filter(
    (operator) => operator.deactivatedAt === null && gone.has(operator.id),
  )) {
    found.push(
      finding(
        'operator',
        'bad',
        `The log says that ${id} was deactivated, and the database that ${id} was not`,
        {
          hint: 'Somebody changed the database. Copy the workspace as it is, then compare it with a backup',
          exitCode: ExitCode.verificationFailed,
        },
      ),
    );
  }
  return found;
}

async function deactivatedByLog(session: Session): Promise<Set<string>> {
  const { parseLogEntry } = await import('../audit/index.js');
  const ids = new Set<string>();
  for (let after: number | undefined = 0; after !== undefined; ) {
    const page = await session.store.log.page(after, 500, { action: 'operator.deactivate' });
    for (const { entry } of page) ids.add(parseLogEntry(entry)?.subject.operator ?? '');
    after = page.at(-1)?.seq;
  }
  return ids;
}

/** Without a schedule nothing is ever due; a file that was changed and not imported is not in force. */
export async function checkSchedule(session: Session): Promise<Finding[]> {
  const stored = await session.store.schedules.latest();
  if (stored === undefined) {
    return [
      finding('schedule', 'warning', 'No schedule is in force, so nothing is ever due', {
        hint: 'Write one, then run: quietus schedule import FILE',
      }),
    ];
  }
  const file = await readFile(session.paths.schedule, 'utf8').catch(() => undefined);
  const { sha256 } = await import('../crypto/index.js');
  if (file !== undefined && sha256(file) !== stored.sha256) {
    return [
      finding('schedule', 'warning', `schedule.yaml is not version ${stored.version}, which is in force`, {
        hint: 'Run: quietus schedule import schedule.yaml',
      }),
    ];
  }
  const classes = counted(stored.classes.length, 'record class', 'record classes');
  return [finding('schedule', 'good', `Version ${stored.version} with ${classes} is in force`)];
}

/** Whether other tables hold what the log tells of. */
export async function checkEvidence(session: Session): Promise<Finding[]> {
  const { requireStateAsLogged } = await import('../retention/index.js');
  await requireStateAsLogged(session);
  return [finding('evidence', 'good', 'The database holds what the log tells of')];
}

/** What stands against destroying anything here: the clock, and a database that is an older copy. */
export async function checkFitness(session: Session): Promise<Finding[]> {
  const { isAboutClock, requireCurrent } = await import('../audit/index.js');
  try {
    await requireCurrent(session);
  } catch (error) {
    if (!(error instanceof Fault) || isAboutClock(error.code)) throw error;
    const { message, hint, exitCode } = error;
    return [finding('log', 'bad', message, { hint, exitCode })];
  }
  return [finding('clock', 'good', `It is ${session.today()}, which fits the log and its checkpoints`)];
}

export async function checkLog(session: Session, around: HealthSurroundings): Promise<Finding[]> {
  const { verifyLog } = await import('../audit/index.js');
  const workspace = session.settings().workspaceId;
  const { entries, problem, clockSetBack } = await verifyLog(session.store, {
    workspace,
    segments: session.paths.segments,
    clockTolerance: session.settings().log.clockTolerance,
    signal: around.signal,
  });
  if (problem !== null) {
    return [
      finding('log', 'bad', `Entry ${problem.seq}: ${problem.text}`, {
        hint:
          problem.code === 'clock-backwards'
            ? 'If entries were made by a clock that was wrong, and it is right now: quietus log accept-clock --reason TEXT'
            : 'Copy the workspace as it is, then compare it with a backup; quietus log verify says more',
        exitCode: ExitCode.verificationFailed,
      }),
    ];
  }
  const found = [
    finding(
      'log',
      'good',
      `${entries.toLocaleString('en')} ${entries === 1 ? 'entry' : 'entries'}, chain unbroken`,
    ),
  ];
  if (clockSetBack.length > 0) {
    found.push(finding('log', 'note', `The clock was set back before ${clockSetBack.length} of its entries`));
  }
  return found;
}
