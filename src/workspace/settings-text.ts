import type { LogSettings } from './log-settings.js';
import type { Settings } from './settings.js';

/** The text of quietus.yaml, with comments that explain each setting; `parseSettings` reads it back unchanged. */
export function settingsText(settings: Settings): string {
  const { organization, limits, approvals, holds, gates, certificate, hooks, log, transfers } = settings;
  return `# Settings of this Quietus workspace. After a change, run: quietus doctor
version: ${settings.version}

# Names the workspace in its log, its approvals and its certificates. Never change it.
workspace: ${settings.workspaceId}

# Printed on certificates. Leave the address out where there is none.
organization:
  name: ${quoted(organization.name)}
${organization.address === null ? '  # address: "1 Main Street, Boston, MA 02110"' : `  address: ${quoted(organization.address)}`}

# IANA time zone. Due dates are calendar dates in it: a day ends at midnight there.
time_zone: ${quoted(settings.timeZone)}

# Last day of the fiscal year, "MM-DD", for record classes with the cut-off "fiscal-year".
fiscal_year_end: ${quoted(settings.fiscalYearEnd)}

# A plan that would dispose of more than this is refused, unless it was made with --limit.
limits:
  # Items in one plan.
  max_items: ${limits.maxItems}
  # Percent of the items of one record class.
  max_class_percent: ${limits.maxClassPercent}

approvals:
  # People who must approve a plan before it runs: 0, 1 or 2. A record class of the schedule can ask for more.
  minimum: ${approvals.minimum}
  # Whether the person who made the plan may be one of them.
  planner_may_approve: ${approvals.plannerMayApprove}
  # Days for which an approval counts. A plan that has not begun to run by then needs a new plan and new approvals.
  valid_days: ${approvals.validDays}

holds:
  # Days after the release of a legal hold during which nothing that it reached is disposed of.
  cooling_off_days: ${holds.coolingOffDays}

gates:
  # Days for which a statement that no charge is open, or that copies elsewhere were checked, counts.
  statement_days: ${gates.statementDays}

certificate:
  # Whether certificates print the titles of items. Titles can be personal information.
  item_titles: ${certificate.itemTitles}
  # Logo of the organization on the PDF: absolute path of a PNG or JPEG file.
${optionalText('  ', 'logo', certificate.logo, '/etc/quietus/logo.png')}
  # Font file for names in scripts that the program's own fonts lack, such as Chinese, Japanese or Korean.
${optionalText('  ', 'font', certificate.font, '/usr/share/fonts/NotoSansCJKjp-Regular.otf')}

transfers:
  # Whether a file that no recovery recipient could open is refused. See: quietus recipient add --recovery
  require_recovery: ${transfers.requireRecovery}

# Who is told what "quietus sweep auto" and "quietus sweep run" did: ids and counts, no titles and no places of records.
${hooks.webhook === null && hooks.command === null ? '# hooks:' : 'hooks:'}
  # Takes the summary as an HTTP POST; https only, or http to this machine.
${hooks.webhook === null ? '  # webhook: "https://example.org/quietus"' : `  webhook: ${quoted(hooks.webhook)}`}
  # Gets the summary on standard input: absolute path of a program, then its arguments.
${hooks.command === null ? '  # command: ["/usr/local/bin/tell", "records"]' : `  command: [${hooks.command.map(quoted).join(', ')}]`}

${logText(log)}`;
}

function logText({
  unsignedEntries,
  clockTolerance,
  reads,
  fileNames,
  witnesses,
  timestamp,
}: LogSettings): string {
  const { folder, system, webhook, webhookCa } = witnesses;
  const places = [folder, system, webhook, webhookCa].some((value) => value !== null);
  return `log:
  # Entries that may be without a signed checkpoint. One is made at the end of each command that destroys or certifies.
  unsigned_entries: ${unsignedEntries}
  # Seconds by which an entry may seem older than one before it: several machines whose clocks differ.
  clock_tolerance: ${clockTolerance}
  # Whether commands that only read personal information or evidence leave an entry.
  reads: ${reads}
  # Whether entries may hold names of files. Names can be personal information.
  file_names: ${fileNames}
  # Second places for checkpoints. Without one, whoever can replace the workspace can replace its log.
${places ? '  witnesses:' : '  # witnesses:'}
${optionalText('    ', 'folder', folder, '/mnt/elsewhere/quietus')}
    # The system log of this machine, syslog or journald, which may forward to another machine.
${optionalText('    ', 'system', system, 'journald')}
    # Takes each checkpoint as an HTTP POST; https only, or http to this machine.
${optionalText('    ', 'webhook', webhook, 'https://example.org/checkpoints')}
${optionalText('    ', 'webhook_ca', webhookCa, '/etc/ssl/example.pem')}
  # A time-stamping authority (RFC 3161) for: quietus log checkpoint --timestamp
${timestamp === null ? '  # timestamp:' : '  timestamp:'}
${optionalText('    ', 'url', timestamp?.url ?? null, 'https://tsa.example.org')}
${optionalText('    ', 'ca', timestamp?.ca ?? null, '/etc/ssl/tsa.pem')}
`;
}

/** A setting, or an example of it behind a number sign. */
function optionalText(indent: string, key: string, value: string | null, example: string): string {
  return value === null ? `${indent}# ${key}: ${quoted(example)}` : `${indent}${key}: ${quoted(value)}`;
}

/** A JSON string is a double-quoted YAML 1.2 scalar. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
