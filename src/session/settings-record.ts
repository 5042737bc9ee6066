import { readFileSync } from 'node:fs';
import { type LogEvent, parseLogEntry } from '../audit/index.js';
import { sha256 } from '../crypto/index.js';
import type { Repositories } from '../store/index.js';
import { parseSettings, SETTINGS_FILE, type Settings } from '../workspace/index.js';

/** Settings that decide what is disposed of and who must agree, by their names in quietus.yaml. */
export type DecidingSettings = Readonly<Record<string, string | number | boolean>>;

/** The settings that the log records; none of them is personal information. */
export function decidingSettings(settings: Settings): DecidingSettings {
  const { approvals, limits, holds, gates, log } = settings;
  return {
    'approvals.minimum': approvals.minimum,
    'approvals.planner_may_approve': approvals.plannerMayApprove,
    'approvals.valid_days': approvals.validDays,
    fiscal_year_end: settings.fiscalYearEnd,
    'gates.statement_days': gates.statementDays,
    'holds.cooling_off_days': holds.coolingOffDays,
    'limits.max_class_percent': limits.maxClassPercent,
    'limits.max_items': limits.maxItems,
    'log.clock_tolerance': log.clockTolerance,
    'log.reads': log.reads,
    'log.unsigned_entries': log.unsignedEntries,
    'log.witnesses': witnessesInWords(log.witnesses),
    time_zone: settings.timeZone,
  };
}

/**
 * Which second places the checkpoints go to: whoever means to rewind the log takes them away first. Folder and address
 * stand as the beginning of their SHA-256, for they can name people and machines.
 */
function witnessesInWords({ folder, system, webhook }: Settings['log']['witnesses']): string {
  const words = [
    folder === null ? null : `folder ${sha256(folder).slice(0, 16)}`,
    system,
    webhook === null ? null : `webhook ${sha256(webhook).slice(0, 16)}`,
  ];
  return words.filter((word) => word !== null).join(', ') || 'none';
}

/**
 * What the log has to tell of quietus.yaml before anything else is appended: the file is anybody's who may write it, and
 * decides how many people must agree.
 *
 * @param path of quietus.yaml
 * @returns null where the file is the one that the log tells of, or cannot be read: then the command says so itself
 */
export async function settingsChange(repositories: Repositories, path: string): Promise<LogEvent | null> {
  const text = textOf(path);
  const record = await repositories.log.newestMark(['settings.change', 'workspace.create']);
  const before = record && parseLogEntry(record.entry)?.data;
  const digest = text === null ? null : sha256(text);
  if (text === null || before?.settings_sha256 === digest) return null;
  const settings = valid(text);
  if (settings === null) return null;
  const values = decidingSettings(settings);
  const data = { settings_sha256: digest, settings: values, changed: changedValues(before ?? {}, values) };
  return { action: 'settings.change', outcome: 'done', data };
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function valid(text: string): Settings | null {
  try {
    return parseSettings(text, SETTINGS_FILE);
  } catch {
    return null;
  }
}

/** Names in entries of workspaces that an older version made; what these do not tell is null. */
const OLD_NAMES: Readonly<Record<string, string>> = {
  'approvals.minimum': 'approvals',
  'approvals.planner_may_approve': 'planner_may_approve',
  'approvals.valid_days': 'approval_valid_days',
  'limits.max_items': 'max_items',
  'limits.max_class_percent': 'max_class_percent',
};

function changedValues(before: Readonly<Record<string, unknown>>, after: DecidingSettings): object {
  const recorded = (before.settings ?? null) as DecidingSettings | null;
  const old = (key: string) => (recorded ? recorded[key] : before[OLD_NAMES[key] ?? '']) ?? null;
  const keys = Object.keys(after).filter((key) => old(key) !== after[key]);
  return Object.fromEntries(keys.map((key) => [key, { from: old(key), to: after[key] }]));
}
