import { Flags, QuietusCommand } from '../../cli/index.js';

export default class EventList extends QuietusCommand {
  static override description = 'List recorded events, the oldest record first.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --subject EMP-1042 --all',
    '<%= config.bin %> <%= command.id %> --event termination --json',
  ];
  static override flags = {
    subject: Flags.string({ description: 'Only of this person or case.', helpValue: 'ID' }),
    event: Flags.string({ description: 'Only this event.', helpValue: 'NAME' }),
    all: Flags.boolean({ description: 'Also the records that were corrected since.' }),
    limit: Flags.integer({ description: 'Records on a page.', default: 50, min: 1, max: 10_000 }),
    after: Flags.integer({ description: 'Begin after this record.', helpValue: 'NUMBER', min: 0 }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(EventList);
    const { listEvents } = await import('../../retention/index.js');
    const filter = {
      ...(flags.subject === undefined ? {} : { subject: flags.subject }),
      ...(flags.event === undefined ? {} : { event: flags.event }),
      superseded: flags.all,
    };
    const after = flags.after === undefined ? {} : { after: flags.after };
    // One more than asked for tells whether there is a next page.
    const session = await this.openSession();
    const found = await listEvents(session, filter, { ...after, limit: flags.limit + 1 });
    const events = found.slice(0, flags.limit);
    const next = found.length > events.length ? (events.at(-1)?.id ?? null) : null;
    if (events.length === 0) this.note('No events match');
    else {
      this.printTable(events, [
        { head: 'RECORD', value: (event) => String(event.id), shrink: false },
        { head: 'EVENT', value: (event) => event.event, shrink: false },
        { head: 'SUBJECT', value: (event) => event.subject, shrink: false },
        { head: 'DATE', value: (event) => event.date ?? '(withdrawn)', shrink: false },
        { head: 'RECORDED', value: (event) => session.dayOf(event.recordedAt), shrink: false },
        { head: 'BY', value: (event) => event.recordedBy },
        ...(flags.all
          ? [
              {
                head: 'CORRECTED BY',
                value: (event: (typeof events)[number]) => String(event.supersededBy ?? ''),
              },
            ]
          : []),
      ]);
    }
    if (next !== null) this.note(`There are more: add --after ${next}`);
    return {
      events: events.map((event) => ({
        record: event.id,
        event: event.event,
        subject: event.subject,
        date: event.date,
        recorded_at: event.recordedAt,
        recorded_by: event.recordedBy,
        supersedes: event.supersedes,
        superseded_by: event.supersededBy,
      })),
      next,
    };
  }
}
