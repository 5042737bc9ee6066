import { existsSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { badInput, refused } from '../model/index.js';

export const SETTINGS_FILE = 'quietus.yaml';

/** Where everything of a workspace lies. */
export interface WorkspacePaths {
  root: string;
  settings: string;
  schedule: string;
  database: string;
  /** Held open under an exclusive lock for as long as a destructive run lasts. */
  lock: string;
  keys: string;
  certificates: string;
  backups: string;
  /** Hooks that say how the rows of an item are deleted from a database; made by whoever needs one. */
  databases: string;
  /** Manifests of what is handed over to another party. */
  handovers: string;
  /** Every checkpoint of the log as a file, beside the database. */
  checkpoints: string;
  /** Encrypted files of archived items, where no other folder is named. */
  archives: string;
  /** Parts of the log whose years are over, compressed; made by the first that is archived. */
  segments: string;
}

export function workspacePaths(root: string): WorkspacePaths {
  return {
    root,
    settings: join(root, SETTINGS_FILE),
    schedule: join(root, 'schedule.yaml'),
    database: join(root, 'quietus.db'),
    lock: join(root, 'run.lock'),
    keys: join(root, 'keys'),
    certificates: join(root, 'certificates'),
    backups: join(root, 'backups'),
    databases: join(root, 'databases'),
    handovers: join(root, 'handovers'),
    checkpoints: join(root, 'checkpoints'),
    archives: join(root, 'archives'),
    segments: join(root, 'segments'),
  };
}

/** The folder that `init` uses where nobody names one: the XDG data folder. */
export function defaultWorkspaceRoot(env: NodeJS.ProcessEnv): string {
  const data = env.XDG_DATA_HOME;
  return join(data?.startsWith('/') ? data : join(homedir(), '.local', 'share'), 'quietus');
}

/**
 * Finds the workspace: the flag, then QUIETUS_WORKSPACE, then the nearest parent folder that holds
 * quietus.yaml, then the XDG data folder.
 *
 * @throws Fault `workspace-missing` where none of them holds quietus.yaml, `workspace-of-another` where the search
 *   through the parent folders meets one of another account: whoever may write to a folder above could otherwise
 *   slip in a workspace of his own
 */
export function findWorkspace(options: {
  flag: string | undefined;
  env: NodeJS.ProcessEnv;
  cwd: string;
}): WorkspacePaths {
  const named = options.flag ?? (options.env.QUIETUS_WORKSPACE || undefined);
  if (named !== undefined) {
    const root = resolve(options.cwd, named);
    if (existsSync(join(root, SETTINGS_FILE))) return workspacePaths(root);
    throw badInput('workspace-missing', `There is no workspace in ${root}`, {
      hint: `Check the name, or make a workspace there with: quietus init ${named}`,
    });
  }
  for (let folder = resolve(options.cwd); ; folder = dirname(folder)) {
    if (existsSync(join(folder, SETTINGS_FILE))) return ownWorkspace(folder);
    if (folder === dirname(folder)) break;
  }
  const fallback = defaultWorkspaceRoot(options.env);
  if (existsSync(join(fallback, SETTINGS_FILE))) return workspacePaths(fallback);
  throw badInput(
    'workspace-missing',
    'No workspace was found here, in a parent folder, or in the data folder',
    {
      hint: 'Make one with: quietus init, or name one with --workspace DIR',
    },
  );
}

function ownWorkspace(root: string): WorkspacePaths {
  const owner = statSync(join(root, SETTINGS_FILE)).uid;
  if (process.getuid !== undefined && owner !== process.getuid() && owner !== 0) {
    throw refused('workspace-of-another', `The workspace in ${root} belongs to another account`, {
      hint: `If it is the one that you mean, name it: --workspace ${root}`,
    });
  }
  return workspacePaths(root);
}
