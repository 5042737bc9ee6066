import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import { type Actor, LogSigner, Recorder } from '../audit/index.js';
import { badInput, type CalendarDate, monotonicMs, type Operator } from '../model/index.js';
import { type Account, currentAccount, operatorOf } from '../operators/index.js';
import { openStore, type Store } from '../store/index.js';
import {
  type Clock,
  dateIn,
  glanceAtFile,
  groupOf,
  type LogPolicy,
  readSettings,
  requireOwnersFiles,
  type Settings,
  systemClock,
  type WorkspacePaths,
} from '../workspace/index.js';
import { recordRefusal } from './command-entries.js';
import { finishLog } from './log-finish.js';
import { settingsChange } from './settings-record.js';

/** Operator of an entry about somebody who is none. */
const NOBODY = '-';

/** One use of a workspace by one operator, from opening to closing. */
export interface Session {
  readonly paths: WorkspacePaths;
  readonly store: Store;
  readonly clock: Clock;
  /** The operating-system account that this process runs as. */
  readonly account: Account;
  readonly recorder: Recorder;
  /** Read from quietus.yaml at the first call. */
  settings(): Settings;
  /** The settings that entries of the log need, found without reading the whole file where that is possible. */
  logPolicy(): LogPolicy;
  /** The operator who is bound to this account. @throws Fault `operator-unknown` */
  operator(): Promise<Operator>;
  /** Today, in the organization's time zone. */
  today(): CalendarDate;
  /** The day of an instant (RFC 3339), in the organization's time zone, as lists print it. */
  dayOf(instant: string): CalendarDate;
  /** The name of a file for an entry's `data`, where the workspace wants names of files in its log; otherwise nothing. */
  fileName(path: string): { file?: string };
  /** Tells the person of something that stops nothing. Never with personal information. */
  warn(text: string): void;
  /** Ends it, with a signed checkpoint where something was destroyed or certified. */
  close(): Promise<void>;
}

export interface SessionOptions {
  paths: WorkspacePaths;
  /** Id of the command, for the log. */
  command: string;
  clock?: Clock;
  account?: Account;
  /** `anybody` also lets in who is not an active operator: to enroll, and to find out what is wrong. */
  admit?: 'operators' | 'anybody';
  /** Is told what a person should know though the command's work is done. */
  warn?: (text: string) => void;
}

/**
 * Only active operators use a workspace (201 CMR 17.04(2)(b)). Where the file system lets in nobody but one account,
 * an account that was never registered, such as root reading a backup, is left to it.
 */
async function requireAdmitted(store: Store, account: Account, paths: WorkspacePaths): Promise<void> {
  const known = (await store.operators.list()).some(
    (each) => each.account === account.name && each.accountUid === account.uid,
  );
  if (known || groupOf(paths.root) !== null) await operatorOf(store, account);
}

/** @throws Fault `operator-unknown`, `operator-registered`, `operator-deactivated`, `database-missing`, `workspace-file-replaced`, `workspace-newer`, and what opening the database throws */
export async function openSession(options: SessionOptions): Promise<Session> {
  const { paths, command } = options;
  const clock = options.clock ?? systemClock;
  const account = options.account ?? currentAccount();
  // SQLite would make an empty one: no item, no hold, no log, and a sweep that knows of none of them.
  if (!existsSync(paths.database)) {
    throw badInput('database-missing', `The workspace in ${paths.root} has lost its database, quietus.db`, {
      hint: 'Restore quietus.db from a backup',
    });
  }
  requireOwnersFiles(paths);
  const glance = glanceAtFile(paths.settings);
  const store = await openStore({ sqlite: paths.database }, (name) =>
    join(paths.backups, `before-${name}.db`),
  );
  let settings: Settings | undefined;
  let operator: Operator | undefined;
  const readOnce = () => {
    settings ??= readSettings(paths.settings);
    return settings;
  };
  const operatorOnce = async () => {
    operator ??= await operatorOf(store, account);
    return operator;
  };
  const opened = monotonicMs();
  let admitted = options.admit === 'anybody';
  const actor = async (): Promise<Actor> => ({
    // Who is not let in leaves an entry too, without a name.
    operator: admitted ? (await operatorOnce()).id : NOBODY,
    host: hostname(),
    command,
  });
  const logPolicy = (): LogPolicy => settings ?? glance ?? readOnce();
  const workspaceId = () => logPolicy().workspaceId;
  const signing = {
    signer: new LogSigner(workspaceId, paths.keys, clock),
    unsignedEntries: () => logPolicy().log.unsignedEntries,
    elapsed: () => Math.round(monotonicMs() - opened),
  };
  const recorder = new Recorder(workspaceId, actor, clock, signing, (transaction) =>
    settingsChange(transaction, paths.settings),
  );
  try {
    if (!admitted) await requireAdmitted(store, account, paths);
    admitted = true;
  } catch (error) {
    await recordRefusal({ store, recorder, logPolicy }, error);
    await store.close();
    throw error;
  }
  const warn = options.warn ?? (() => {});
  let closed: Promise<void> | undefined;
  const end = async () => {
    try {
      await finishLog({
        store,
        recorder,
        clock,
        paths,
        settings: readOnce,
        warn,
      });
    } finally {
      await store.close();
    }
  };
  return {
    paths,
    store,
    clock,
    account,
    recorder,
    settings: readOnce,
    logPolicy,
    operator: operatorOnce,
    today: () => dateIn(readOnce().timeZone, clock.now()),
    dayOf: (instant) => dateIn(readOnce().timeZone, new Date(instant)),
    fileName: (path) => (readOnce().log.fileNames ? { file: basename(path) } : {}),
    warn,
    // A second call ends with the first.
    close: () => (closed ??= end()),
  };
}
