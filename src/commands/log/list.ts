import type { LogLine, LogListing } from '../../audit/index.js';
import { Flags, QuietusCommand } from '../../cli/index.js';

export default class LogList extends QuietusCommand {
  static override description =
    'List the log, the newest entry first. Days are those of the time zone of the organization; times are printed in UTC.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --action hold --since 2026-01-01',
    '<%= config.bin %> <%= command.id %> --item HR-2019-07 --oldest-first',
    '<%= config.bin %> <%= command.id %> --operator jdoe --limit 500 --csv > log.csv',
  ];
  static override flags = {
    since: Flags.string({
      description: 'Only entries from this day or instant on.',
      helpValue: 'DAY|INSTANT',
    }),
    until: Flags.string({
      description: 'Only entries up to and with this day or instant.',
      helpValue: 'DAY|INSTANT',
    }),
    operator: Flags.string({ description: 'Only entries of this operator.', helpValue: 'ID' }),
    action: Flags.string({
      description: 'Only this action, such as hold.place, or topic, such as hold.',
      helpValue: 'NAME',
    }),
    item: Flags.string({ description: 'Only entries about this item.', helpValue: 'ID' }),
    certificate: Flags.string({
      description: 'Only entries about this certificate, and about the issue of the one that took its place.',
      helpValue: 'NUMBER',
    }),
    limit: Flags.integer({
      description: 'Entries on one page.',
      helpValue: 'NUMBER',
      default: 50,
      min: 1,
      max: 10_000,
    }),
    after: Flags.integer({
      description: 'Go on after the entry with this number.',
      helpValue: 'NUMBER',
      min: 0,
    }),
    'oldest-first': Flags.boolean({ description: 'List the oldest entry first.' }),
    csv: Flags.boolean({ description: 'Print CSV (RFC 4180).', exclusive: ['json'] }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(LogList);
    const { listLog, logFilter } = await import('../../audit/index.js');
    const session = await this.openSession();
    const { since, until, operator, action, item, certificate } = flags;
    const needsZone = since !== undefined || until !== undefined;
    const timeZone = needsZone ? session.settings().timeZone : 'UTC';
    const listing = await listLog(session.store, {
      filter: logFilter({ since, until, operator, action, item, certificate }, timeZone),
      after: flags.after,
      limit: flags.limit,
      oldestFirst: flags['oldest-first'],
    });
    await this.#show(listing, flags.csv);
    return {
      entries: listing.lines.map(({ entry, hash }) => ({ ...entry, hash })),
      next_after: listing.next,
    };
  }

  async #show({ lines, next }: LogListing, csv: boolean): Promise<void> {
    if (csv) {
      const { logCsv } = await import('../../audit/index.js');
      if (!this.jsonEnabled()) process.stdout.write(logCsv(lines));
    } else if (lines.length === 0) this.note('No entry matches');
    else {
      this.printTable(lines, [
        { head: 'NO', value: ({ entry }) => entry.seq, align: 'right', shrink: false },
        {
          head: 'TIME (UTC)',
          value: ({ entry }) => entry.time.slice(0, 19).replace('T', ' '),
          shrink: false,
        },
        { head: 'OPERATOR', value: ({ entry }) => entry.operator },
        { head: 'ACTION', value: ({ entry }) => entry.action, shrink: false },
        { head: 'OUTCOME', value: ({ entry }) => entry.outcome, shrink: false },
        { head: 'SUBJECT', value: subjectText },
      ]);
    }
    if (next !== null) this.note(`There is more: add --after ${next}`);
  }
}

/** The ids of an entry; where the action says nothing of the command, what was read or refused as well, and why. */
function subjectText({ entry }: LogLine): string {
  const ids = Object.entries(entry.subject)
    .map(([kind, id]) => `${kind} ${id}`)
    .join(', ');
  if (!entry.action.startsWith('command.')) return ids;
  const { code } = entry.data;
  const what = typeof code === 'string' ? `${entry.command} (${code})` : entry.command;
  return ids === '' ? what : `${what}, ${ids}`;
}
