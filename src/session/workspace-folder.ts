import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { badInput } from '../model/index.js';
import { openStore } from '../store/index.js';
import { SETTINGS_FILE, workspacePaths } from '../workspace/index.js';

/** Lies in a folder for as long as init works there. */
export const UNFINISHED_FILE = '.quietus.init';

/** May lie in the folder of a new workspace: a schedule that a person has written before, and what mount points hold. */
const WELCOME = new Set(['schedule.yaml', 'lost+found', '.DS_Store']);
/** The lock of init itself and its temporary files. */
const OURS = /^(?:run\.lock(?:\.holder\.json)?|\.{1,2}(?:quietus|run)\..*\.tmp)$/;

/**
 * Refuses a folder that cannot become a workspace. A usable one holds nothing, a schedule, or what an init
 * that was cut off has left.
 *
 * @throws Fault `workspace-exists` where it is one, `workspace-damaged` where it holds one without settings,
 *   `folder-not-empty` where it holds anything else, `not-a-folder` where it is none
 */
export async function requireUsable(root: string): Promise<void> {
  if (!(await stat(root)).isDirectory()) {
    throw badInput('not-a-folder', `${root} is not a folder`, {
      hint: 'Name a folder that is empty or not there yet',
    });
  }
  const names = await readdir(root);
  if (names.includes(SETTINGS_FILE)) {
    throw badInput('workspace-exists', `There is a workspace in ${root} already; nothing was changed`, {
      hint: 'Name another folder, or use this one: quietus doctor',
    });
  }
  if (names.includes(UNFINISHED_FILE) && !(await hasHistory(root))) return;
  const paths = workspacePaths(root);
  const parts = [paths.database, paths.keys, paths.certificates, paths.backups].map((path) => basename(path));
  if (names.some((name) => parts.includes(name))) {
    throw badInput('workspace-damaged', `${root} holds parts of a workspace, but not its ${SETTINGS_FILE}`, {
      hint: `Restore ${SETTINGS_FILE} from a backup, or name another folder; init never replaces a database or keys`,
    });
  }
  if (names.some((name) => !WELCOME.has(name) && !OURS.test(name) && name !== UNFINISHED_FILE)) {
    throw badInput('folder-not-empty', `${root} is not empty; nothing was changed`, {
      hint: 'Name a folder that is empty or not there yet: quietus init DIR',
    });
  }
}

/** Whether the database in the folder has been used: init itself writes the first entry of the log and no more. */
async function hasHistory(root: string): Promise<boolean> {
  const { database, backups } = workspacePaths(root);
  const size = await stat(database).then(
    (found) => found.size,
    () => 0,
  );
  if (size === 0) return false;
  const store = await openStore({ sqlite: database }, (name) => join(backups, `before-${name}.db`));
  try {
    return ((await store.log.head())?.seq ?? 0) > 1;
  } finally {
    await store.close();
  }
}
