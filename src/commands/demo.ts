import { join } from 'node:path';
import { Flags, QuietusCommand } from '../cli/index.js';

export default class Demo extends QuietusCommand {
  static override description =
    'Show the whole job on a fictional company: inventory, schedule, hold, plan, approval, verified overwriting, ' +
    'certificate and log, with the commands that you would type. Leaves nothing behind unless told to.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --keep quietus-demo',
    '<%= config.bin %> <%= command.id %> --to certificates',
  ];
  static override flags = {
    keep: Flags.string({
      description: 'Keep the company and its workspace in this new folder.',
      helpValue: 'DIR',
    }),
    to: Flags.string({ description: 'Copy the certificates into this new folder.', helpValue: 'DIR' }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Demo);
    const { runDemo } = await import('../demo/index.js');
    const result = await runDemo({
      program: join(this.config.root, 'bin', 'quietus.js'),
      keep: flags.keep,
      to: flags.to,
      signal: this.interrupt,
      print: (text) => this.print(text),
    });
    this.print('');
    if (result.worthOpening.length > 0) {
      this.print('Worth opening:');
      for (const file of result.worthOpening) this.print(`  ${file}`);
    } else {
      this.print('Everything was removed again. To look at the certificates: quietus demo --to DIR');
    }
    return {
      files: result.files,
      items: result.items,
      plan: result.plan,
      certificates: result.certificates,
      steps: result.steps.map(({ command, exitCode }) => ({ command, exit_code: exitCode })),
      worth_opening: result.worthOpening,
    };
  }
}
