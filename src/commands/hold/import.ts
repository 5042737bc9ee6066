import { Args, counted, QuietusCommand } from '../../cli/index.js';

export default class HoldImport extends QuietusCommand {
  static override description =
    'Place the legal holds that came with an exported inventory (NAME.holds.csv). A hold in force with the same matter and reach is not placed again.';
  static override examples = ['<%= config.bin %> <%= command.id %> items.holds.csv'];
  static override args = {
    file: Args.string({ description: 'File that inventory export wrote.', required: true }),
  };

  async run(): Promise<unknown> {
    const { args } = await this.parse(HoldImport);
    const { importHolds } = await import('../../retention/index.js');
    const { placed, unchanged } = await importHolds(await this.openSession(), args.file);
    for (const hold of placed) this.print(`Hold ${hold.id} is in force`);
    if (unchanged > 0) this.print(`${counted(unchanged, 'hold')} in force already`);
    return { placed: placed.map(({ id }) => id), unchanged };
  }
}
