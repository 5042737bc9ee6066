import { badInput, type Fault, locked, verificationFailed } from '../model/index.js';

/**
 * What the operating system or SQLite refused, as the Fault that a person can act on; `undefined` when the
 * error is not one of those. SQLite's and knex's messages hold the statement and its values: never shown.
 */
export function systemFailure(error: unknown): Fault | undefined {
  for (let next = error, depth = 0; next instanceof Error && depth < 8; next = next.cause, depth += 1) {
    const fault = databaseFailure(next) ?? bindingFailure(next) ?? fileFailure(next);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** How to get a loadable sqlite3 binding; also what `doctor` says. */
export const SQLITE_BINDING_FIX =
  'Run: npm rebuild sqlite3 (npm 12 and later also needs "allowScripts": {"sqlite3": true} in package.json, because it skips install scripts)';

function codeOf(error: Error): string {
  const code = (error as NodeJS.ErrnoException).code;
  return typeof code === 'string' ? code : '';
}

function databaseFailure(error: Error): Fault | undefined {
  const code = codeOf(error);
  if (!code.startsWith('SQLITE_')) return undefined;
  const primary = /^SQLITE_[A-Z]+/.exec(code)?.[0];
  switch (primary) {
    case 'SQLITE_BUSY':
    case 'SQLITE_LOCKED':
      return locked('database-locked', 'Another process holds the database', {
        hint: 'Wait for the other command to end, then run it again',
        cause: error,
      });
    case 'SQLITE_FULL':
      return diskFull(error);
    case 'SQLITE_CANTOPEN':
    case 'SQLITE_READONLY':
    case 'SQLITE_PERM':
      return badInput(
        'database-not-writable',
        `The workspace's database cannot be opened for writing (${primary})`,
        {
          hint: 'Check that this account owns quietus.db and its folder, and that the disk is not mounted read-only; quietus doctor checks them',
          cause: error,
        },
      );
    case 'SQLITE_CORRUPT':
    case 'SQLITE_NOTADB':
      return verificationFailed('database-damaged', `The workspace's database is damaged (${primary})`, {
        hint: 'Make a copy of the workspace, then restore quietus.db from a backup; quietus log verify shows how far the log can be trusted',
        cause: error,
      });
    case 'SQLITE_IOERR':
      return badInput('disk-error', 'The disk reported an error while the database was in use', {
        hint: 'Check the disk and its free space, then run quietus doctor',
        cause: error,
      });
    default:
      return undefined;
  }
}

function bindingFailure(error: Error): Fault | undefined {
  const code = codeOf(error);
  const missing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
  // knex puts the message of the package into one of its own.
  const unloadable =
    code === 'ERR_DLOPEN_FAILED' ||
    error.message.includes('Could not locate the bindings file') ||
    error.message.startsWith('Knex: run\n$ npm install sqlite3');
  const about = /sqlite3|bindings/.test(error.message);
  if (!unloadable && !(missing && about)) return undefined;
  return badInput('sqlite3-binding', 'The native part of the sqlite3 package cannot be loaded', {
    hint: SQLITE_BINDING_FIX,
    cause: error,
  });
}

const FILE_FAILURES: Readonly<Record<string, readonly [code: string, message: string, hint: string]>> = {
  ENOENT: ['not-found', 'there is no such file or folder', 'Check the path'],
  EACCES: [
    'no-permission',
    'this account may not do that',
    'Check the owner and the permissions of the path and of its folder',
  ],
  EPERM: [
    'no-permission',
    'this account may not do that',
    'Check the owner and the permissions of the path and of its folder',
  ],
  EISDIR: ['is-a-folder', 'a file is expected, and this is a folder', 'Give the path of a file'],
  ENOTDIR: ['not-a-folder', 'a folder is expected, and this is not one', 'Check the path'],
  EEXIST: ['exists', 'it is already there, and nothing is overwritten', 'Choose another path'],
  EROFS: [
    'read-only',
    'the file system is mounted read-only',
    'Remount it for writing, or use another folder',
  ],
  ENAMETOOLONG: ['name-too-long', 'the name is too long for the file system', 'Choose a shorter one'],
  ELOOP: [
    'link-loop',
    'too many symbolic links, or a link where none is followed',
    'Give the path of the file itself',
  ],
  EMFILE: ['too-many-open-files', 'too many files are open', 'Raise the limit (ulimit -n) and run it again'],
  ENFILE: [
    'too-many-open-files',
    'too many files are open on this machine',
    'Close other programs and run it again',
  ],
  EBUSY: ['in-use', 'it is in use by another program', 'Close that program and run it again'],
  ETXTBSY: ['in-use', 'it is in use by another program', 'Close that program and run it again'],
  EIO: ['disk-error', 'the disk reported an error', 'Check the disk, then run quietus doctor'],
  ESTALE: ['disk-error', 'the network file system lost the file', 'Mount it again and run it again'],
};

/** What a file is called until it is complete: nobody who gave the name of the file knows that one. */
const TEMPORARY_NAME = /(?<=^|\/)\.([^/]+)\.[0-9a-f]{8}\.tmp$/;

function fileFailure(error: Error): Fault | undefined {
  const code = codeOf(error);
  const { syscall, path: failed } = error as NodeJS.ErrnoException;
  if (syscall === undefined) return undefined;
  const path = failed?.replace(TEMPORARY_NAME, '$1');
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG') return diskFull(error);
  const known = FILE_FAILURES[code];
  if (known === undefined) return undefined;
  const [name, message, hint] = known;
  return badInput(
    name,
    path === undefined ? `${capitalized(message)} (${code})` : `${path}: ${message} (${code})`,
    {
      hint,
      cause: error,
    },
  );
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function diskFull(cause: Error): Fault {
  return badInput('disk-full', 'The disk is full; what was being written was taken back', {
    hint: 'Free some space (quietus doctor shows how much there is), then run it again',
    cause,
  });
}
