import type { WorkspaceRequest } from '../session/index.js';
import type { QuietusCommand } from './base-command.js';

/** What the command line said; whatever is undefined is asked for on a terminal. */
export interface InitAnswers {
  organization?: string | undefined;
  address?: string | undefined;
  timeZone?: string | undefined;
  fiscalYearEnd?: string | undefined;
  operator?: string | undefined;
  operatorName?: string | undefined;
  approvals?: number | undefined;
  plannerMayApprove?: boolean | undefined;
  maxItems: number;
  maxClassPercent: number;
  passphraseFile?: string | undefined;
  unattended: boolean;
  group?: string | undefined;
}

const FLAGS = {
  organization: '--organization NAME',
  timeZone: '--time-zone ZONE',
  operator: '--operator ID',
  operatorName: '--operator-name NAME',
  passphrase: '--passphrase-file FILE or --unattended',
} as const;

/**
 * The folder of a new workspace, settled before anything is asked, so that no answer is in vain.
 *
 * @param dir what the command line named, if anything; otherwise the current folder where it is usable
 * @throws Fault as `requireUsable`
 */
export async function folderForWorkspace(command: QuietusCommand, dir: string | undefined): Promise<string> {
  const { existsSync } = await import('node:fs');
  const { resolve } = await import('node:path');
  const { Fault } = await import('../model/index.js');
  const { requireUsable } = await import('../session/index.js');
  if (dir === undefined) {
    try {
      await requireUsable(process.cwd());
      return process.cwd();
    } catch (error) {
      if (!command.interactive || !(error instanceof Fault) || error.code !== 'folder-not-empty') throw error;
    }
  }
  const question = {
    question: 'Folder for the workspace',
    flag: 'DIR',
    default: 'quietus',
    validate: isGiven,
  };
  const folder = resolve(dir ?? (await command.askText(question)));
  if (existsSync(folder)) await requireUsable(folder);
  return folder;
}

/**
 * Asks for what `init` was not told.
 *
 * @throws Fault `flags-missing` where there is no terminal, naming all that is missing; `text-invalid`,
 *   `time-zone-invalid`, `day-invalid`, `operator-id-invalid`, `passphrase-short`
 */
export async function interviewForWorkspace(
  command: QuietusCommand,
  root: string,
  given: InitAnswers,
): Promise<WorkspaceRequest> {
  const { currentAccount, groupNumber } = await import('../operators/index.js');
  const { systemClock } = await import('../workspace/index.js');
  const account = currentAccount();
  if (!command.interactive) await requireAnswers(account.name, given);
  const group = given.group === undefined ? null : await groupNumber(given.group);
  const organization = await askOrganization(command, given);
  const timeZone = await askTimeZone(command, given.timeZone);
  const fiscalYearEnd = await askFiscalYearEnd(command, given.fiscalYearEnd);
  const operator = await askOperator(command, account.name, given);
  const minimum = await askApprovals(command, given.approvals);
  const passphrase = given.unattended ? null : await askNewPassphrase(command, given.passphraseFile);
  return {
    root,
    organization,
    timeZone,
    fiscalYearEnd,
    limits: { maxItems: given.maxItems, maxClassPercent: given.maxClassPercent },
    approvals: { minimum, plannerMayApprove: given.plannerMayApprove ?? minimum < 2 },
    operator,
    account,
    group,
    passphrase,
    clock: systemClock,
  };
}

/** Where nobody can be asked, names all flags that are missing, not one after the other. */
async function requireAnswers(account: string, given: InitAnswers): Promise<void> {
  const { badInput } = await import('../model/index.js');
  const { isOperatorId } = await import('../operators/index.js');
  const missing: string[] = [];
  if (given.organization === undefined) missing.push(FLAGS.organization);
  if (given.timeZone === undefined) missing.push(FLAGS.timeZone);
  if (given.operator === undefined && !isOperatorId(account)) missing.push(FLAGS.operator);
  if (given.operatorName === undefined) missing.push(FLAGS.operatorName);
  if (given.passphraseFile === undefined && !given.unattended) missing.push(FLAGS.passphrase);
  if (missing.length === 0) return;
  throw badInput('flags-missing', 'init needs more answers, and there is no terminal to ask for them', {
    hint: `Add ${missing.join(', ')}`,
    details: { missing },
  });
}

async function askOrganization(
  command: QuietusCommand,
  { organization, address }: InitAnswers,
): Promise<WorkspaceRequest['organization']> {
  const question = { question: 'Name of the organization', flag: FLAGS.organization, validate: isGiven };
  const name = await requireLine(organization ?? (await command.askText(question)), '--organization');
  return { name, address: address === undefined ? null : await requireLine(address, '--address') };
}

async function askTimeZone(command: QuietusCommand, given: string | undefined): Promise<string> {
  const { badInput } = await import('../model/index.js');
  const { isTimeZone } = await import('../workspace/index.js');
  const hint = 'Write an IANA name, such as America/New_York';
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  // Servers often run in UTC, where a working day in Massachusetts ends in the evening.
  const fallback = here.includes('/') && !here.startsWith('Etc/') ? here : 'America/New_York';
  const zone =
    given ??
    (await command.askText({
      question: 'Time zone of the organization',
      flag: FLAGS.timeZone,
      default: fallback,
      validate: (answer) => isTimeZone(answer) || hint,
    }));
  if (isTimeZone(zone)) return zone;
  throw badInput('time-zone-invalid', 'The value of --time-zone is no time zone that this machine knows', {
    hint,
  });
}

async function askFiscalYearEnd(command: QuietusCommand, given: string | undefined): Promise<string> {
  const { badInput } = await import('../model/index.js');
  const { isMonthDay } = await import('../workspace/index.js');
  if (given === undefined && !command.interactive) return '12-31';
  const hint = 'Write it as MM-DD, such as 06-30';
  const day =
    given ??
    (await command.askText({
      question: 'Last day of the fiscal year (MM-DD)',
      flag: '--fiscal-year-end MM-DD',
      default: '12-31',
      validate: (answer) => isMonthDay(answer) || hint,
    }));
  if (isMonthDay(day)) return day;
  throw badInput('day-invalid', 'The value of --fiscal-year-end is no day of the year', { hint });
}

async function askOperator(
  command: QuietusCommand,
  account: string,
  given: InitAnswers,
): Promise<WorkspaceRequest['operator']> {
  const { isOperatorId, requireOperatorId } = await import('../operators/index.js');
  const login = isOperatorId(account) ? account : undefined;
  let id = given.operator ?? (command.interactive ? undefined : login);
  id ??= await command.askText({
    question: 'Your operator id',
    flag: FLAGS.operator,
    ...(login === undefined ? {} : { default: login }),
    validate: (answer) => isOperatorId(answer) || 'Write 2 to 32 of a-z, 0-9, dot, underscore, hyphen',
  });
  requireOperatorId(id);
  const question = {
    question: 'Your full name, for certificates',
    flag: FLAGS.operatorName,
    validate: isGiven,
  };
  return {
    id,
    name: await requireLine(given.operatorName ?? (await command.askText(question)), '--operator-name'),
  };
}

async function askApprovals(command: QuietusCommand, given: number | undefined): Promise<0 | 1 | 2> {
  if (given !== undefined || !command.interactive) return (given ?? 1) as 0 | 1 | 2;
  return await command.askSelect<0 | 1 | 2>({
    question: 'People who must approve a plan before anything is disposed of',
    flag: '--approvals NUMBER',
    choices: [
      { value: 1, name: 'one', description: 'who may be the person who made the plan' },
      { value: 2, name: 'two', description: 'neither of whom made the plan' },
      { value: 0, name: 'none', description: 'unless a record class of the schedule asks for it' },
    ],
    default: 1,
  });
}

/** A passphrase that is long enough; on a terminal asks again where it is not. */
export async function askNewPassphrase(
  command: QuietusCommand,
  file: string | undefined,
  purpose = 'Your key signs what you approve',
): Promise<string> {
  const { Fault } = await import('../model/index.js');
  const { PASSPHRASE_LENGTH, requirePassphraseLength } = await import('../operators/index.js');
  if (file === undefined) {
    command.note(`${purpose}. Nobody can recover its passphrase, and`);
    command.note('whoever copies the key file can try passphrases without limit: four or five');
    command.note('words that only you put together are good.');
  }
  const prompt = `Passphrase for your key, at least ${PASSPHRASE_LENGTH} characters`;
  for (;;) {
    try {
      const check = requirePassphraseLength;
      return check(await command.passphrase({ file, prompt, confirm: true, check }));
    } catch (error) {
      const again = error instanceof Fault && /^passphrase-(?:short|mismatch|empty)$/.test(error.code);
      if (!again || file !== undefined) throw error;
      command.note(`${error.message}; once more.`);
    }
  }
}

function isGiven(answer: string): true | string {
  return answer.trim() !== '' || 'Something must be given';
}

async function requireLine(text: string, flag: string): Promise<string> {
  const line = text.trim();
  if (line !== '' && line.length <= 200 && !/\p{Cc}/u.test(line)) return line;
  const { badInput } = await import('../model/index.js');
  throw badInput('text-invalid', `The value of ${flag} must be text on one line of at most 200 characters`, {
    hint: `Give it in quotes: ${flag} "..."`,
  });
}
