import { Args, Flags, QuietusCommand } from '../../cli/index.js';

export default class InventoryExport extends QuietusCommand {
  static override description =
    'Write the inventory as CSV that can be imported again. It says where personal information is, so the export is logged.';
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
    const { items, sha256 } = await exportInventory(session, {
      target: args.file === '-' ? { stream: process.stdout } : { path: args.file, force: flags.force },
      filter: {
        ...(flags.class === undefined ? {} : { recordClass: flags.class }),
        ...(flags.custodian === undefined ? {} : { custodian: flags.custodian }),
        ...(flags.department === undefined ? {} : { department: flags.department }),
        ...(flags.location === undefined ? {} : { locationPrefix: flags.location }),
      },
      signal: this.interrupt,
    });
    const counted = `${items.toLocaleString('en-US')} ${items === 1 ? 'item' : 'items'}`;
    if (args.file === '-') this.note(`Exported ${counted}`);
    else this.print(`Exported ${counted} to ${args.file}\nSHA-256 ${sha256}`);
    return { items, sha256 };
  }
}
