import { confirmFlag, QuietusCommand } from '../../cli/index.js';

export default class LogRotateKey extends QuietusCommand {
  static override description =
    'Put a new key in the place of the one that signs the log. The old one signs a last checkpoint and the statement that the new one follows it, which goes into the log; then its private part is gone. Do it every year, and whenever somebody may have copied the key.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --confirm rotate',
  ];
  static override flags = { confirm: confirmFlag('the word rotate') };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(LogRotateKey);
    const { rotateLogKey } = await import('../../audit/index.js');
    const session = await this.openSession();
    await session.operator();
    await this.confirm({
      expected: 'rotate',
      given: flags.confirm,
      question: 'The key that signs the log is replaced, and its private part is gone.',
    });
    const { epoch, key, seq, checkpoint } = await rotateLogKey(session);
    this.print(`The log has a new key, by entry ${seq}:\n  ${key}`);
    this.note(`Keep it where you keep checkpoints; checkpoint ${checkpoint.number} is signed with it`);
    return { epoch, key, seq, checkpoint: checkpoint.number };
  }
}
