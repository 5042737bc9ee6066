import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { badInput } from '../model/index.js';
import type { Account } from './operator-account.js';

/** Made at the first use: loading the module behind it costs every start a few milliseconds. */
const run = async (program: string, parameters: string[]) => await promisify(execFile)(program, parameters);

/** Names that the system's tools take for nothing else, such as an option. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.@\\-]{0,255}\$?$/;
/** How an account without a name in the account data base is called. */
const NUMBERED = /^uid-(\d{1,10})$/;

/**
 * The operating-system account of a login name, wherever the system keeps it (file, LDAP, SSSD).
 *
 * @param login `uid-4711` names an account that has a number only
 * @throws Fault `account-unknown` (exit 2)
 */
export async function accountOf(login: string): Promise<Account> {
  const uid = NAME.test(login) ? await idOf(['-u', login]) : undefined;
  if (uid !== undefined) return { name: login, uid: Number(uid) };
  const number = NUMBERED.exec(login)?.[1];
  // One account has one name here: a number that the system has a name for goes by that.
  if (number !== undefined && (await idOf(['-un', number])) === undefined) {
    return { name: login, uid: Number(number) };
  }
  throw badInput('account-unknown', 'The operating system of this machine knows no account of that name', {
    hint: 'Give the login name with which the person signs in to this machine',
  });
}

/** Whether an account is a member of a group; null where the system does not know. */
export async function isMember(account: Account, gid: number): Promise<boolean | null> {
  if (NUMBERED.test(account.name)) return null;
  const groups = await idOf(['-G', account.name]);
  return groups === undefined ? null : groups.split(/\s+/).includes(String(gid));
}

/**
 * The number of a POSIX group.
 *
 * @param group name or number
 * @throws Fault `group-unknown` (exit 2)
 */
export async function groupNumber(group: string): Promise<number> {
  if (/^\d{1,10}$/.test(group)) return Number(group);
  if (NAME.test(group)) {
    const entry = await run('getent', ['group', group]).then(
      ({ stdout }) => stdout,
      () => '',
    );
    const gid = /^[^:]*:[^:]*:(\d+):/.exec(entry)?.[1];
    if (gid !== undefined) return Number(gid);
  }
  throw badInput('group-unknown', 'The operating system of this machine knows no group of that name', {
    hint: 'Have an administrator make one (groupadd quietus), or give its number',
  });
}

async function idOf(parameters: string[]): Promise<string | undefined> {
  try {
    const { stdout } = await run('id', parameters);
    return stdout.trim();
  } catch {
    return undefined;
  }
}
