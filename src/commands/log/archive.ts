import type { ClosedYear } from '../../audit/index.js';
import { counted, dryRunFlag, Flags, QuietusCommand } from '../../cli/index.js';

export default class LogArchive extends QuietusCommand {
  static override description =
    "Move the entries of years that are over into compressed files in the workspace's folder segments, one a year, each with a manifest that the log's key signs. The log is verified before; a file is read back before the text of its entries leaves the database. Nothing is deleted: hashes, tree and checkpoints stay in the database, and every command reads the entries from the files. Keep these files with your backups: without one of them the log does not verify.";
  static override examples = [
    '<%= config.bin %> <%= command.id %> --dry-run',
    '<%= config.bin %> <%= command.id %> --copy /mnt/elsewhere/quietus',
    '<%= config.bin %> <%= command.id %> --through 2023 --json',
  ];
  static override flags = {
    through: Flags.integer({
      description: 'The last year to archive; by default the last one that is over.',
      min: 1970,
      max: 9999,
      helpValue: 'YEAR',
    }),
    copy: Flags.string({
      description: 'Folder elsewhere that gets a second copy of each file.',
      helpValue: 'DIR',
    }),
    'dry-run': dryRunFlag(),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(LogArchive);
    const { archiveLog, closedYears } = await import('../../audit/index.js');
    const session = await this.openSession();
    await session.operator();
    const years = await closedYears(session, flags.through);
    if (years.length === 0) {
      this.print('No year is over whose entries are still in the database');
      return { dry_run: flags['dry-run'], archived: [] };
    }
    if (flags['dry-run']) {
      for (const year of years) this.print(`Would archive ${described(year)}`);
      return { dry_run: true, archived: years };
    }
    const bar = await this.progress(Math.max(...years.map(({ first, last }) => last - first + 1)), 'Entries');
    const archived = await archiveLog(session, {
      through: flags.through,
      copy: flags.copy,
      signal: this.interrupt,
      onProgress: (entries) => bar.update(entries),
    });
    bar.stop();
    for (const each of archived)
      this.print(`Archived ${described(each)}\n  ${each.file}, SHA-256 ${each.sha256}`);
    if (flags.copy === undefined)
      this.note('Keep a copy of the folder segments elsewhere: without these files the log does not verify');
    return { dry_run: false, archived };
  }
}

function described({ year, first, last }: ClosedYear): string {
  const range = first === last ? `entry ${first}` : `entries ${first} to ${last}`;
  return `${year}: ${counted(last - first + 1, 'entry', 'entries')} (${range})`;
}
