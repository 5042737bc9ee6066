import { Args, Flags, QuietusCommand, shellWord } from '../../cli/index.js';
import type { Session } from '../../session/index.js';

export default class InventoryExport extends QuietusCommand {
  static override description =
    'Write the inventory as CSV that can be imported again, and the legal holds in force into NAME.holds.csv beside it. It says where personal information is, so the export is logged.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> items.csv',
    '<%= config.bin %> <%= command.id %> payroll.csv --class payroll',
    '<%= config.bin %> <%= command.id %> - | wc -l',
  ];
  static override args = {
    file: Args.string({
      description: 'File to write (readable by you only); - is standard output.',
      required: true,
    }),
  };
  static override flags = {
    class: Flags.string({ description: 'Only this record class.' }),
    subject: Flags.string({ description: 'Only items linked to this person or case.', helpValue: 'ID' }),
    custodian: Flags.string({ description: 'Only this custodian.' }),
    department: Flags.string({ description: 'Only this department.' }),
    location: Flags.string({ description: 'Only locations that begin with this.', helpValue: 'PREFIX' }),
    force: Flags.boolean({ description: 'Replace the file if it is already there.' }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(InventoryExport);
    const { exportInventory } = await import('../../inventory/index.js');
    if (args.file === '-' && this.jsonEnabled()) {
      const { badInput } = await import('../../model/index.js');
      throw badInput('flags-conflict', '--json and an export to standard output exclude each other', {
        hint: 'Name a file',
      });
    }
    const session = await this.openSession();
    const holds = await this.#exportHolds(session, args.file, flags.force);
    const { items, sha256 } = await exportInventory(session, {
      target: args.file === '-' ? { stream: process.stdout } : { path: args.file, force: flags.force },
      filter: {
        ...(flags.class === undefined ? {} : { recordClass: flags.class }),
        ...(flags.subject === undefined ? {} : { subject: flags.subject }),
        ...(flags.custodian === undefined ? {} : { custodian: flags.custodian }),
        ...(flags.department === undefined ? {} : { department: flags.department }),
        ...(flags.location === undefined ? {} : { locationPrefix: flags.location }),
      },
      signal: this.interrupt,
    });
    const counted = `${items.toLocaleString('en-US')} ${items === 1 ? 'item' : 'items'}`;
    if (args.file === '-') this.note(`Exported ${counted}`);
    else this.print(`Exported ${counted} to ${args.file}\nSHA-256 ${sha256}`);
    return { items, sha256, holds_file: holds };
  }

  /** Before the items, so that these never lie anywhere without the holds on them. */
  async #exportHolds(session: Session, file: string, force: boolean): Promise<string | null> {
    const { exportHolds, holdsPath } = await import('../../retention/index.js');
    if (file === '-') {
      const { length } = await session.store.holds.active();
      if (length > 0)
        this.note(`warning: ${length} holds in force do not go to standard output; name a file`);
      return null;
    }
    const path = holdsPath(file);
    const count = await exportHolds(session, path, { force, beside: file });
    if (count === 0) return null;
    this.print(`Exported ${count} ${count === 1 ? 'hold' : 'holds'} to ${path}`);
    this.note(`Where the items are imported, import these too: quietus hold import ${shellWord(path)}`);
    return path;
  }
}
