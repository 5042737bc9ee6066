import { Args, counted, Flags, QuietusCommand } from '../../cli/index.js';
import { badInput, ExitCode } from '../../model/index.js';
import type { EventFile, EventProblem, EventRecording, EventStatement } from '../../retention/index.js';

/** Problems that are printed; `--json` has all of them. */
const PRINTED = 20;

export default class EventRecord extends QuietusCommand {
  static override description =
    'Record that something happened to a person or a case, such as the end of an employment. It reaches every item that is linked to that subject, now and later, and their due dates follow. Recorded again with another date it corrects the earlier record, which stays. Subjects are opaque ids, never names.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> termination --subject EMP-1042 --date 2026-03-31',
    '<%= config.bin %> <%= command.id %> --csv events.csv',
    '<%= config.bin %> <%= command.id %> --csv events.csv --partial --json',
  ];
  static override args = {
    event: Args.string({ description: 'Name of the event, as the schedule writes it.' }),
  };
  static override flags = {
    subject: Flags.string({ description: 'Opaque id of the person or the case.', helpValue: 'ID' }),
    date: Flags.string({ description: 'Day on which it happened, YYYY-MM-DD.', helpValue: 'DATE' }),
    csv: Flags.string({
      description: 'Record the rows of this file, with the columns event, subject and date.',
      helpValue: 'FILE',
      exclusive: ['subject', 'date'],
    }),
    partial: Flags.boolean({
      description: 'Record the good rows although others are bad (exit code 3).',
      dependsOn: ['csv'],
    }),
    force: Flags.boolean({
      description: 'Accept events from before all items of their subject were created.',
    }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(EventRecord);
    const { csv, force, partial } = flags;
    if (csv !== undefined) {
      if (args.event !== undefined) throw badInput('flags-conflict', 'A file names the events itself');
      return await this.#recordFile(csv, { force, partial });
    }
    const { parseDay, recordEvents, requireEventName, requireSubject } = await import(
      '../../retention/index.js'
    );
    if (args.event === undefined || flags.subject === undefined || flags.date === undefined) {
      throw badInput('event-incomplete', 'An event, its subject and its day are needed', {
        hint: 'Such as: quietus event record termination --subject EMP-1042 --date 2026-03-31; or --csv FILE',
      });
    }
    const statement: EventStatement = {
      event: requireEventName(args.event),
      subject: requireSubject(flags.subject),
      date: parseDay(flags.date, '--date'),
    };
    const session = await this.openSession();
    const result = await recordEvents(session, [statement], { force });
    const refusal = result.refused.get(0);
    if (refusal) throw badInput(refusal.code, refusal.reason, { hint: refusal.hint });
    await this.#tell(result, [statement]);
    return recordingDocument(result, []);
  }

  async #recordFile(path: string, options: { force: boolean; partial: boolean }): Promise<unknown> {
    const { readEventFile, recordEvents } = await import('../../retention/index.js');
    const session = await this.openSession();
    const file = await readEventFile(path);
    if (file.rows === 0) throw badInput('csv-no-rows', 'The file has a header line and no rows');
    if (file.problems.length > 0 && !options.partial) {
      throw rejected(file, file.problems);
    }
    const result = await recordEvents(session, file.statements, options);
    const problems = [...file.problems, ...problemsOf(file, result.refused)].toSorted(
      (a, b) => a.line - b.line,
    );
    const good = file.statements.length - result.refused.size;
    if (problems.length > 0 && (!options.partial || good === 0)) throw rejected(file, problems);
    await this.#tell(result, file.statements);
    if (problems.length > 0) {
      this.note(
        `${counted(file.rejected + result.refused.size, 'row')} left out:\n${problemLines(problems)}`,
      );
      this.endWith(ExitCode.partial);
    }
    return recordingDocument(result, problems);
  }

  async #tell(result: EventRecording, statements: readonly EventStatement[]): Promise<void> {
    const { recorded, corrected, unchanged, items } = result;
    if (recorded.length === 0) this.print(`Nothing changed: ${counted(unchanged, 'event')} recorded already`);
    else {
      const corrections = corrected === 0 ? '' : `, ${corrected} of them a correction`;
      this.print(`Recorded ${counted(recorded.length, 'event')}${corrections}`);
      this.print(`Reaches ${counted(items.reached, 'item')}; the due dates of ${items.changed} changed`);
    }
    if (recorded.length > 0 && items.reached === 0) this.note('note: no item is linked to the subject now');
    const { unusedEvents } = await import('../../retention/index.js');
    const unused = await unusedEvents(
      await this.openSession(),
      statements.map(({ event }) => event),
    );
    if (unused.length > 0) this.note(`note: no class of the schedule counts from ${unused.join(', ')}`);
  }
}

function problemsOf(file: EventFile, refused: EventRecording['refused']): EventProblem[] {
  return [...refused].map(([at, { reason, hint }]) => ({
    line: file.statements[at]?.line ?? 0,
    column: null,
    reason: `is refused: ${reason}`,
    hint,
  }));
}

function rejected(file: EventFile, problems: readonly EventProblem[]): Error {
  const rows = new Set(problems.map(({ line }) => line)).size;
  return badInput(
    'rows-rejected',
    `${rows} of ${counted(file.rows, 'row')} cannot be recorded; nothing was recorded\n${problemLines(problems)}`,
    {
      hint: 'Correct the rows, or record only the others with --partial',
      details: { problems, rows: file.rows, rejected: rows },
    },
  );
}

function problemLines(problems: readonly EventProblem[]): string {
  const lines = problems.slice(0, PRINTED).map(({ line, column, reason, hint }) => {
    return `  line ${line}${column === null ? '' : `, ${column}`}: ${reason}${hint === null ? '' : `. ${hint}`}`;
  });
  if (problems.length > PRINTED) lines.push(`  and ${problems.length - PRINTED} more`);
  return lines.join('\n');
}

function recordingDocument(result: EventRecording, problems: readonly EventProblem[]): unknown {
  return {
    recorded: result.recorded.map(({ id, event, subject, date, supersedes }) => {
      return { record: id, event, subject, date, supersedes };
    }),
    corrected: result.corrected,
    unchanged: result.unchanged,
    items: result.items.reached,
    items_changed: result.items.changed,
    problems,
  };
}
