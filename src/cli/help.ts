import type { Command } from '@oclif/core/command';
import { Config } from '@oclif/core/config';
import { CommandHelp, Help } from '@oclif/core/help';

/** What monitoring needs to know of every command; the long form is in docs/commands.md. */
const EXIT_CODES = [
  ['0', 'done; nothing needs a person'],
  ['1', 'a defect of this program'],
  ['2', 'the command line, a setting or an input file is wrong; nothing was done'],
  ['3', 'done in part: what failed or was left out is listed'],
  ['4', 'refused by policy: a hold, a missing approval, a limit'],
  ['5', 'verification failed: a log, certificate or medium is not what it should be'],
  ['6', 'something waits for a person'],
  ['7', 'another run holds the lock'],
  ['129', 'the terminal was closed; what was finished is recorded'],
  ['130', 'interrupted; what was finished is recorded'],
] as const;

class LinesThatFit extends CommandHelp {
  /** With room between the values of a flag: without it the base breaks a long list within a word. */
  protected override flags(flags: Command.Flag.Any[]): [string, string | undefined][] | undefined {
    return super.flags(
      flags.map((flag) =>
        flag.type === 'option' && flag.options !== undefined
          ? { ...flag, options: [flag.options.join(' | ')] }
          : flag,
      ),
    );
  }

  /** The summary of a command is the first sentence of its description and stands above; what follows is not there yet. */
  protected override description(): string | undefined {
    const { description = '' } = this.command;
    const summary = (this.command.summary ?? '').replaceAll('\n', ' ');
    const rest = description.startsWith(summary)
      ? description.slice(summary.length).replace(/^\.?\s*/, '')
      : description;
    return rest === '' ? undefined : this.wrap(rest);
  }
}

class ProgramHelp extends Help {
  protected override CommandHelpClass = LinesThatFit;

  /** As its base, with the summary broken into lines that fit the terminal. */
  public override async showCommandHelp(command: Command.Loadable): Promise<void> {
    await super.showCommandHelp({ ...command, summary: this.wrap(this.summary(command) ?? '') });
  }

  /** The base takes the first line only, which is right in lists and wrong for a summary that was broken above. */
  protected override summary(command: Command.Loadable): string | undefined {
    return command.summary?.includes('\n') ? command.summary : super.summary(command);
  }

  protected override async showRootHelp(): Promise<void> {
    await super.showRootHelp();
    const codes = EXIT_CODES.map(([code, meaning]) => [code, meaning] as [string, string]);
    this.log(
      this.section('EXIT CODES', this.renderList(codes, { spacer: '\n', stripAnsi: false, indentation: 2 })),
    );
    this.log('');
  }
}

/**
 * Prints the help of a command (`inventory list`), of a topic (`inventory`), or of the program (empty).
 * @param root folder that holds package.json and oclif.manifest.json
 */
export async function showHelp(subject: string, root: string): Promise<void> {
  const config = await Config.load({ root, devPlugins: false, userPlugins: false });
  await new ProgramHelp(config, config.pjson.oclif.helpOptions).showHelp(
    subject === '' ? [] : [subject.replaceAll(' ', ':')],
  );
}
