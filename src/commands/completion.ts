import { Args, completionScript, QuietusCommand, readManifest, SHELLS, type Shell } from '../cli/index.js';

export default class Completion extends QuietusCommand {
  static override description =
    'Print a completion script for bash or zsh.\nThe script holds all names itself: completing starts no program and writes no cache.';

  static override examples = [
    {
      description: 'Complete in bash, from the next shell on',
      command: '<%= config.bin %> completion bash > ~/.local/share/bash-completion/completions/quietus',
    },
    {
      description: 'Complete in zsh, in a folder of $fpath',
      command: '<%= config.bin %> completion zsh > ~/.zfunc/_quietus',
    },
  ];

  static override args = {
    shell: Args.string({ description: 'Shell to write for.', options: [...SHELLS], required: true }),
  };

  async run(): Promise<unknown> {
    const { args } = await this.parse(Completion);
    const shell = args.shell as Shell;
    const script = completionScript(shell, readManifest(this.config.root), this.topics);
    this.print(script.trimEnd());
    return { shell, script };
  }
}
