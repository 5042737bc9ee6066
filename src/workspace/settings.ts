import { readFileSync } from 'node:fs';
import { badInput, daysInMonth } from '../model/index.js';
import { isTimeZone } from './clock.js';
import { type HookSettings, readHooks } from './hook-settings.js';
import { absolutePath, LOG_SETTINGS, type LogSettings, readLogSettings } from './log-settings.js';
import { glanceAtSettings, type LogPolicy } from './settings-glance.js';
import { formatProblems, readYaml, type SourceProblem, type YamlMap } from './yaml-source.js';

/** Version of quietus.yaml that this program writes and reads. */
export const SETTINGS_VERSION = 1;

/** `approvals.valid_days` where nobody sets it. */
export const APPROVAL_DAYS = 30;

/** What `holds.cooling_off_days` and `gates.statement_days` are where nobody says. */
export const COOLING_OFF_DAYS = 7;
export const STATEMENT_DAYS = 90;

export interface Settings {
  version: number;
  /** Random UUID made by `init`; names the workspace in certificates, approvals and the log. */
  workspaceId: string;
  organization: { name: string; address: string | null };
  /** IANA name; due dates are calendar dates in it. */
  timeZone: string;
  /** Last day of the fiscal year, MM-DD. */
  fiscalYearEnd: string;
  limits: {
    /** A plan that would dispose of more items than this is refused without `--limit`. */
    maxItems: number;
    /** Share of a record class, in percent, above which a plan is refused without `--limit`. */
    maxClassPercent: number;
  };
  approvals: {
    /** People who must approve any plan that disposes of something; a class may ask for more. */
    minimum: 0 | 1 | 2;
    /** Whether the person who planned may approve. */
    plannerMayApprove: boolean;
    /** Days after its own for which an approval counts; a run that has begun by then may be continued later. */
    validDays: number;
  };
  holds: {
    /** Days after the release of a hold during which nothing that it reached is disposed of. */
    coolingOffDays: number;
  };
  gates: {
    /** Days for which a statement that no charge is open, or that copies were checked, counts. */
    statementDays: number;
  };
  certificate: {
    /** Whether certificates print the titles of items, which may be personal information. */
    itemTitles: boolean;
    /** Absolute path of the organization's logo, PNG or JPEG. */
    logo: string | null;
    /** Absolute path of a font file for characters that the program's own fonts lack. */
    font: string | null;
  };
  hooks: HookSettings;
  log: LogSettings;
  transfers: {
    /** Whether a file that no recovery recipient could open is refused. */
    requireRecovery: boolean;
  };
}

/**
 * Reads and validates quietus.yaml.
 *
 * @throws Fault `settings-invalid` listing every mistake with line and column, `workspace-newer` where a later
 *   version of this program wrote the file, `settings-unreadable` where it cannot be read
 */
export function readSettings(path: string): Settings {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw badInput('settings-unreadable', `The settings file ${path} cannot be read`, {
      cause: error,
      hint: 'Check that the file exists and that your account may read it',
    });
  }
  return parseSettings(text, path);
}

/**
 * A quick look at the version and at what the log needs, for commands that need no other setting: the whole file is
 * read and checked only where one is needed.
 *
 * @returns undefined where the whole file has to be read
 * @throws Fault `workspace-newer`
 */
export function glanceAtFile(path: string): LogPolicy | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return undefined; // Said in full by the command that needs a setting.
  }
  const version = /^version:[ \t]*(\d{1,9})[ \t]*(?:#.*)?$/m.exec(text)?.[1];
  if (version !== undefined && Number(version) > SETTINGS_VERSION) throw newerSettings(path);
  return glanceAtSettings(text);
}

/** The same for a text; `fileName` is what messages call it. */
export function parseSettings(text: string, fileName: string): Settings {
  const source = readYaml(text, fileName);
  const root = source.map();
  const version = root?.integer('version', { minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
  if (version !== undefined && version > SETTINGS_VERSION) {
    throw newerSettings(fileName);
  }
  const settings = root ? collect(root) : undefined;
  const problems: readonly SourceProblem[] = source.problems();
  if (problems.length > 0 || settings === undefined || version === undefined) {
    throw badInput('settings-invalid', formatProblems(fileName, problems), {
      hint: 'Correct the lines named above',
      details: { problems },
    });
  }
  return { version, ...settings };
}

function collect(root: YamlMap): Omit<Settings, 'version'> {
  const organization = root.map('organization');
  const limits = root.map('limits', { optional: true });
  const approvals = root.map('approvals', { optional: true });
  const holds = root.map('holds', { optional: true });
  const gates = root.map('gates', { optional: true });
  const certificate = root.map('certificate', { optional: true });
  const hooks = root.map('hooks', { optional: true });
  const log = root.map('log', { optional: true });
  const transfers = root.map('transfers', { optional: true });
  const settings = {
    workspaceId: root.text('workspace', { pattern: UUID, expected: 'the UUID that init wrote' }) ?? '',
    organization: {
      name: organization?.text('name') ?? '',
      address: organization?.text('address', { optional: true }) ?? null,
    },
    timeZone: root.text('time_zone') ?? '',
    fiscalYearEnd: root.text('fiscal_year_end', { optional: true }) ?? '12-31',
    limits: {
      maxItems: limits?.integer('max_items', { minimum: 1, maximum: 100_000_000, optional: true }) ?? 1000,
      maxClassPercent:
        limits?.integer('max_class_percent', { minimum: 1, maximum: 100, optional: true }) ?? 20,
    },
    approvals: {
      minimum: (approvals?.integer('minimum', { minimum: 0, maximum: 2, optional: true }) ?? 1) as 0 | 1 | 2,
      plannerMayApprove: approvals?.boolean('planner_may_approve', { optional: true }) ?? true,
      validDays:
        approvals?.integer('valid_days', { minimum: 1, maximum: 3650, optional: true }) ?? APPROVAL_DAYS,
    },
    holds: {
      coolingOffDays:
        holds?.integer('cooling_off_days', { minimum: 0, maximum: 3650, optional: true }) ?? COOLING_OFF_DAYS,
    },
    gates: {
      statementDays:
        gates?.integer('statement_days', { minimum: 1, maximum: 3650, optional: true }) ?? STATEMENT_DAYS,
    },
    certificate: {
      itemTitles: certificate?.boolean('item_titles', { optional: true }) ?? false,
      logo: certificate ? absolutePath(certificate, 'logo') : null,
      font: certificate ? absolutePath(certificate, 'font') : null,
    },
    hooks: hooks ? readHooks(hooks) : { webhook: null, command: null },
    log: log ? readLogSettings(log) : LOG_SETTINGS,
    transfers: {
      requireRecovery: transfers?.boolean('require_recovery', { optional: true }) ?? false,
    },
  };
  if (settings.timeZone !== '' && !isTimeZone(settings.timeZone)) {
    root.problem(
      'time_zone',
      'is not a time zone that this machine knows',
      'Use an IANA name such as America/New_York',
    );
  }
  if (!isMonthDay(settings.fiscalYearEnd)) {
    root.problem('fiscal_year_end', 'is not a day written MM-DD', 'Write it in quotes, such as "06-30"');
  }
  for (const map of [root, organization, limits, approvals, holds, gates, certificate, hooks, transfers])
    map?.refuseOtherKeys();
  return settings;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether the text is a day of the year written MM-DD; 29 February counts as the end of February. */
export function isMonthDay(text: string): boolean {
  const match = /^(\d{2})-(\d{2})$/.exec(text);
  if (!match) return false;
  const [month, day] = [Number(match[1]), Number(match[2])];
  return month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(2024, month);
}

function newerSettings(fileName: string): Error {
  return badInput('workspace-newer', `${fileName} was written by a newer version of Quietus`, {
    hint: 'Update Quietus on this machine; nothing was changed',
  });
}
