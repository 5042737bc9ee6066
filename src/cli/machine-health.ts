import { counted } from './counted.js';
import { type Finding, finding } from './health-finding.js';
import { SQLITE_BINDING_FIX } from './system-failure.js';

/** The oldest Node that this program is tested on; bin/quietus.js refuses older ones. */
const OLDEST_NODE = [20, 19] as const;

export async function checkNode(): Promise<Finding[]> {
  const version = process.versions.node;
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const old = major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1]);
  const message = `Node ${version} on ${process.platform}-${process.arch}`;
  return [
    old
      ? finding('node', 'bad', `${message} is too old`, {
          hint: `Install Node ${OLDEST_NODE.join('.')} or later`,
        })
      : finding('node', 'good', message),
  ];
}

/** Whether a killed `decrypt` has left plaintext in the current folder. Nothing where it has not. */
export async function checkUnfinishedPlaintext(folder: string): Promise<Finding[]> {
  const { unfinishedIn } = await import('../workspace/index.js');
  const left = unfinishedIn(folder).length;
  if (left === 0) return [];
  return [
    finding(
      'plaintext',
      'warning',
      `A killed decrypt has left plaintext here: ${counted(left, 'unfinished output')}`,
      {
        hint: 'Destroy what begins with .quietus-plain- with quietus dispose; the next decrypt into this folder removes it, too',
      },
    ),
  ];
}

/** Loads the native binding and asks it for one value: a binding that loads can still be of another system. */
export async function checkSqliteBinding(): Promise<Finding[]> {
  try {
    const { default: sqlite3 } = await import('sqlite3');
    return [finding('sqlite3', 'good', `SQLite ${await sqliteVersion(sqlite3)}`)];
  } catch (error) {
    const code =
      error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.name) : typeof error;
    return [
      finding('sqlite3', 'bad', `The native part of the sqlite3 package cannot be loaded (${code})`, {
        hint: SQLITE_BINDING_FIX,
      }),
    ];
  }
}

function sqliteVersion(sqlite3: typeof import('sqlite3')): Promise<string> {
  return new Promise((resolve, reject) => {
    const database = new sqlite3.Database(':memory:', (failure) => {
      if (failure !== null) return reject(failure);
      database.get<{ version: string }>('select sqlite_version() as version', (error, row) => {
        database.close();
        if (error === null) resolve(row.version);
        else reject(error);
      });
    });
  });
}
