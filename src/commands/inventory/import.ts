import { Args, Flags, type Progress, QuietusCommand, shellWord } from '../../cli/index.js';
import type { ImportOptions, ImportResult, RowProblem } from '../../inventory/index.js';
import { badInput, ExitCode } from '../../model/index.js';

/** Problems that are printed; the rejects file has all of them. */
const PRINTED = 20;

export default class InventoryImport extends QuietusCommand {
  static override description =
    'Import items from a CSV file: all of its rows, or none if any is bad. Bad rows are named and written to a rejects file.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> items.csv',
    '<%= config.bin %> <%= command.id %> items.csv --dry-run',
    '<%= config.bin %> <%= command.id %> items.csv --update --partial --json',
    '<%= config.bin %> <%= command.id %> export-from-excel.csv --encoding windows-1252 --date-format mdy --base /srv/records',
  ];
  static override args = {
    file: Args.string({ description: 'CSV file; - reads standard input.', required: true }),
  };
  static override flags = {
    partial: Flags.boolean({ description: 'Import the good rows although others are bad (exit code 3).' }),
    update: Flags.boolean({ description: 'Change items that are in the inventory and differ.' }),
    force: Flags.boolean({ description: 'Accept days before the item was created.' }),
    'dry-run': Flags.boolean({ description: 'Check the file against the inventory, and change nothing.' }),
    base: Flags.string({ description: 'Folder from which relative locations start.', helpValue: 'DIR' }),
    'date-format': Flags.option({
      description: 'How dates are written: iso (YYYY-MM-DD), or mdy (M/D/YYYY too).',
      options: ['iso', 'mdy'] as const,
      default: 'iso',
    })(),
    delimiter: Flags.option({
      description: 'What separates the cells. Default: what the header line shows.',
      options: ['comma', 'semicolon', 'tab'] as const,
    })(),
    encoding: Flags.option({
      description: 'Encoding of a file without a byte order mark. Default: utf-8.',
      options: ['utf-8', 'utf-16le', 'utf-16be', 'windows-1252'] as const,
    })(),
    rejects: Flags.string({
      description: 'File for the rows that are left out. Default: NAME.rejects.csv beside the file.',
      helpValue: 'FILE',
    }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(InventoryImport);
    const { baseFolder, DELIMITERS, importInventory } = await import('../../inventory/index.js');
    const { base, delimiter, encoding, rejects } = flags;
    const options: ImportOptions = {
      partial: flags.partial,
      update: flags.update,
      force: flags.force,
      dryRun: flags['dry-run'],
      dateFormat: flags['date-format'],
      ...(base === undefined ? {} : { base: baseFolder(base) }),
      ...(delimiter === undefined ? {} : { delimiter: DELIMITERS[delimiter] }),
      ...(encoding === undefined ? {} : { encoding }),
      ...(rejects === undefined ? {} : { rejectsPath: rejects }),
    };
    const session = await this.openSession();
    const result = await importInventory(session, {
      input: args.file === '-' ? { stream: process.stdin } : { path: args.file },
      options,
      signal: this.interrupt,
      onProgress: this.#progress(),
    });
    return this.#report(args.file, result);
  }

  #progress(): (progress: { bytes: number; totalBytes: number | null }) => void {
    let bar: Promise<Progress> | undefined;
    return ({ bytes, totalBytes }) => {
      if (totalBytes === null) return;
      bar ??= this.progress(Math.ceil(totalBytes / 1024), 'Importing (KiB)');
      void bar.then((shown) => shown.update(Math.ceil(bytes / 1024)));
    };
  }

  #report(file: string, result: ImportResult): unknown {
    if (result.outcome === 'rejected') throw rejectedFault(file, result);
    const { added, updated, unchanged } = result;
    const counts = `${count(added, 'item')} added, ${number(updated)} updated, ${number(unchanged)} unchanged`;
    if (result.outcome === 'imported') this.print(`Imported: ${counts} (log entry ${result.logSeq})`);
    else if (result.outcome === 'dry-run') this.print(`Nothing was changed. The import would be: ${counts}`);
    else
      this.print(
        `Nothing changed: ${count(unchanged, 'item')} ${unchanged === 1 ? 'is' : 'are'} already in the inventory`,
      );
    const defects = Object.entries(result.defects);
    if (defects.length > 0) {
      const list = defects.map(([name, items]) => `${name} ${number(items)}`).join(', ');
      this.note(
        `Items that have no due date yet, so that they are kept: ${list}. See: quietus inventory list --defects`,
      );
    }
    if (result.rejected > 0) {
      this.note(
        `${count(result.rejected, 'row')} ${result.rejected === 1 ? 'was' : 'were'} left out:\n${problemLines(result)}`,
      );
      if (result.rejectsPath !== null) this.note(`All of them are in ${result.rejectsPath}`);
      this.endWith(ExitCode.partial);
    }
    return resultDocument(result);
  }
}

function rejectedFault(file: string, result: ImportResult): Error {
  const where = file === '-' ? 'standard input' : file;
  const rows = `${number(result.rejected)} of ${count(result.rows, 'row')} of ${where}`;
  const correct =
    result.rejectsPath === null
      ? 'Correct the rows'
      : `Correct the rows (all are in ${shellWord(result.rejectsPath)})`;
  const differs = result.problems.some(({ reason }) => reason.startsWith('belongs to an item that differs'));
  return badInput(
    'rows-rejected',
    `${rows} cannot be imported; nothing was imported\n${problemLines(result)}`,
    {
      hint: `${correct}, or import only the others with --partial${differs ? '; change items that are there with --update' : ''}`,
      details: resultDocument(result),
    },
  );
}

function problemLines({ problems, problemCount }: ImportResult): string {
  const lines = problems.slice(0, PRINTED).map(problemLine);
  const more = problemCount - lines.length;
  if (more > 0) lines.push(`  and ${number(more)} more`);
  return lines.join('\n');
}

function problemLine({ line, column, valueClass, reason, hint }: RowProblem): string {
  const place = column === null ? `line ${line}` : `line ${line}, ${column}`;
  const kind = valueClass === null || valueClass === 'empty' ? '' : ` (${valueClass})`;
  return `  ${place}: ${reason}${kind}${hint === null ? '' : `. ${hint}`}`;
}

function resultDocument(result: ImportResult): Record<string, unknown> {
  return {
    outcome: result.outcome,
    rows: result.rows,
    added: result.added,
    updated: result.updated,
    unchanged: result.unchanged,
    rejected: result.rejected,
    defects: result.defects,
    problems: result.problems.map(({ line, column, valueClass, reason, hint }) => ({
      line,
      column,
      value_class: valueClass,
      reason,
      hint,
    })),
    problem_count: result.problemCount,
    rejects_file: result.rejectsPath,
    sha256: result.sha256,
    log_entry: result.logSeq,
  };
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}

function count(value: number, noun: string): string {
  return `${number(value)} ${value === 1 ? noun : `${noun}s`}`;
}
