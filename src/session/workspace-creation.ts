import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, open, readdir, realpath, rm, rmdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { LogSigner, Recorder } from '../audit/index.js';
import { createSigningKey, sha256 } from '../crypto/index.js';
import type { Operator } from '../model/index.js';
import {
  type Account,
  requireOperatorId,
  requireOperatorName,
  requirePassphraseLength,
  writeOperatorKey,
} from '../operators/index.js';
import { openStore } from '../store/index.js';
import {
  APPROVAL_DAYS,
  type Clock,
  COOLING_OFF_DAYS,
  instant,
  LOG_SETTINGS,
  parseSettings,
  readableMode,
  SETTINGS_FILE,
  SETTINGS_VERSION,
  type Settings,
  STATEMENT_DAYS,
  settingsText,
  shareWorkspace,
  syncFolder,
  takeRunLock,
  type WorkspacePaths,
  workspacePaths,
  writeFileAtomically,
} from '../workspace/index.js';
import { decidingSettings } from './settings-record.js';
import { requireUsable, UNFINISHED_FILE } from './workspace-folder.js';

export interface WorkspaceRequest {
  /** Folder of the workspace; made where it is missing. */
  root: string;
  organization: { name: string; address: string | null };
  /** IANA name. */
  timeZone: string;
  /** MM-DD. */
  fiscalYearEnd: string;
  limits: Settings['limits'];
  /** `validDays` is 30 if not given. */
  approvals: Omit<Settings['approvals'], 'validDays'> & Partial<Pick<Settings['approvals'], 'validDays'>>;
  /** The first operator, who is the person that makes the workspace. */
  operator: { id: string; name: string };
  /** Number of the POSIX group that the workspace is shared with; it is the account's alone if not given. */
  group?: number | null;
  /** Account of the operating system that the operator is bound to. */
  account: Account;
  /** Protects the operator's key, at least 12 characters; null for a machine where nobody is there to type it. */
  passphrase: string | null;
  clock: Clock;
}

export interface CreatedWorkspace {
  paths: WorkspacePaths;
  workspaceId: string;
  operator: Operator;
}

/**
 * Makes a workspace that only its owner can use (folders 0700, files 0600) unless it is shared with a group, with its first operator and the
 * first entry of its log.
 *
 * quietus.yaml is written last: a folder without it is no workspace. What a crash left unfinished is taken
 * away by the next call for the same folder; what fails without a crash is taken away at once.
 *
 * @throws Fault `group-refused`, `workspace-exists`, `workspace-damaged`, `folder-not-empty`, `not-a-folder` where the folder
 *   cannot become a workspace, `settings-invalid`, `operator-id-invalid`, `operator-name-invalid` or
 *   `passphrase-short` for the request, `run-lock-held` while another process makes it
 */
export async function createWorkspace(request: WorkspaceRequest): Promise<CreatedWorkspace> {
  const settings = newSettings(request);
  checkOperator(request);
  const wanted = resolve(request.root);
  if (existsSync(wanted)) await requireUsable(wanted);
  const firstMade = await mkdir(wanted, { recursive: true, mode: 0o700 });
  const paths = workspacePaths(await realpath(wanted));
  const lock = await takeRunLock(paths.lock, {
    operator: request.operator.id,
    command: 'init',
    since: instant(request.clock),
  });
  try {
    // Asked again under the lock: another process may have made the workspace since.
    await requireUsable(paths.root);
    await discard(paths);
    const made = await fillOrTakeBack(paths, settings, request, firstMade !== undefined);
    await rm(join(paths.root, UNFINISHED_FILE), { force: true });
    await syncFolder(paths.root);
    return made;
  } finally {
    await lock.release();
  }
}

function newSettings(request: WorkspaceRequest): Settings {
  const settings: Settings = {
    version: SETTINGS_VERSION,
    workspaceId: randomUUID(),
    organization: request.organization,
    timeZone: request.timeZone,
    fiscalYearEnd: request.fiscalYearEnd,
    limits: request.limits,
    approvals: { validDays: APPROVAL_DAYS, ...request.approvals },
    holds: { coolingOffDays: COOLING_OFF_DAYS },
    gates: { statementDays: STATEMENT_DAYS },
    certificate: { itemTitles: false, logo: null, font: null },
    hooks: { webhook: null, command: null },
    log: LOG_SETTINGS,
    transfers: { requireRecovery: false },
  };
  return parseSettings(settingsText(settings), SETTINGS_FILE);
}

function checkOperator({ operator, passphrase }: WorkspaceRequest): void {
  requireOperatorId(operator.id);
  requireOperatorName(operator.name);
  if (passphrase !== null) requirePassphraseLength(passphrase);
}

/** A failure leaves the folder as it was before. */
async function fillOrTakeBack(
  paths: WorkspacePaths,
  settings: Settings,
  request: WorkspaceRequest,
  folderIsOurs: boolean,
): Promise<CreatedWorkspace> {
  try {
    return await fill(paths, settings, request);
  } catch (error) {
    try {
      await discard(paths);
      await rm(`${paths.lock}.holder.json`, { force: true });
      await rm(paths.lock, { force: true });
      if (folderIsOurs) await rmdir(paths.root);
    } catch {
      // The failure that led here matters more; the next init takes away what is left.
    }
    throw error;
  }
}

async function fill(
  paths: WorkspacePaths,
  settings: Settings,
  request: WorkspaceRequest,
): Promise<CreatedWorkspace> {
  await writeFileAtomically(
    join(paths.root, UNFINISHED_FILE),
    'quietus init has not finished here. Run it again.\n',
  );
  await chmod(paths.root, 0o700);
  for (const folder of [paths.keys, paths.certificates, paths.backups]) await mkdir(folder, { mode: 0o700 });
  const key = createSigningKey();
  await writeOperatorKey(paths.keys, request.operator.id, key, request.passphrase);
  // SQLite gives its own files the permissions of this one; left to itself it would ask the umask.
  await (await open(paths.database, 'wx', 0o600)).close();
  const text = settingsText(settings);
  const operator = await fillDatabase(paths, settings, { ...request, publicKey: key.publicKey, text });
  if (typeof request.group === 'number') await shareWorkspace(paths, request.group);
  await writeFileAtomically(paths.settings, text, { exclusive: true, mode: readableMode(paths.root) });
  return { paths, workspaceId: settings.workspaceId, operator };
}

async function fillDatabase(
  paths: WorkspacePaths,
  settings: Settings,
  request: WorkspaceRequest & { publicKey: string; text: string },
): Promise<Operator> {
  const operator: Operator = {
    id: request.operator.id,
    name: request.operator.name.trim(),
    account: request.account.name,
    accountUid: request.account.uid,
    publicKey: request.publicKey,
    createdAt: instant(request.clock),
    deactivatedAt: null,
  };
  const actor = { operator: operator.id, host: hostname(), command: 'init' };
  const recorder = new Recorder(
    () => settings.workspaceId,
    () => Promise.resolve(actor),
    request.clock,
  );
  const signer = new LogSigner(() => settings.workspaceId, paths.keys, request.clock);
  const store = await openStore({ sqlite: paths.database }, (name) =>
    join(paths.backups, `before-${name}.db`),
  );
  try {
    await store.transaction(async (transaction) => {
      await transaction.operators.insert(operator);
      const logKey = await signer.introduceKey(transaction);
      await recorder.append(transaction, {
        action: 'workspace.create',
        outcome: 'done',
        subject: { operator: operator.id },
        data: {
          settings_sha256: sha256(request.text),
          settings: decidingSettings(settings),
          log_key: logKey,
          public_key_sha256: sha256(operator.publicKey),
          key: request.passphrase === null ? 'unattended' : 'passphrase',
          group: request.group ?? null,
          approvals: settings.approvals.minimum,
          planner_may_approve: settings.approvals.plannerMayApprove,
          approval_valid_days: settings.approvals.validDays,
          max_items: settings.limits.maxItems,
          max_class_percent: settings.limits.maxClassPercent,
        },
      });
    });
  } finally {
    await store.close();
  }
  return operator;
}

/** Takes away what an unfinished init has made in a usable folder, and only that; a schedule.yaml stays. */
async function discard(paths: WorkspacePaths): Promise<void> {
  for (const folder of [paths.keys, paths.certificates, paths.backups]) await discardFolder(folder);
  for (const suffix of ['', '-wal', '-shm', '-journal']) await rm(paths.database + suffix, { force: true });
  for (const name of await readdir(paths.root)) {
    if (/^\.{1,2}(?:quietus|run)\..*\.tmp$/.test(name)) await rm(join(paths.root, name), { force: true });
  }
  await rm(join(paths.root, UNFINISHED_FILE), { force: true });
}

/** Files that init itself makes in the folders of a workspace, and their temporary forms. */
const KEY_FILE = /^\.?[a-z0-9][a-z0-9._-]*\.(?:key\.json|pub\.pem|signing-key\.json)(?:\.[0-9a-f]+\.tmp)?$/;

/** A folder with anything else in it stays: somebody put it there. */
async function discardFolder(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) if (KEY_FILE.test(name)) await rm(join(folder, name), { force: true });
  await rmdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' && error.code !== 'ENOTEMPTY') throw error;
  });
}
