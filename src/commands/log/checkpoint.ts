import { counted, QuietusCommand } from '../../cli/index.js';

export default class LogCheckpoint extends QuietusCommand {
  static override description =
    'Sign the log as it is now, and print the checkpoint (C2SP tlog-checkpoint): number of entries and root of their Merkle tree. Keep it elsewhere: with log verify --against FILE it shows later that nothing before it was changed, removed or inserted. One is also made at the end of every command that destroys or certifies.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> > checkpoint.txt',
    '<%= config.bin %> <%= command.id %> --json',
  ];

  async run(): Promise<unknown> {
    await this.parse(LogCheckpoint);
    const { checkpointLog } = await import('../../audit/index.js');
    const { deliver } = await import('../../session/index.js');
    const session = await this.openSession();
    const checkpoint = await checkpointLog(session);
    for (const text of await deliver(session, { force: true })) this.warn(text);
    if (!this.jsonEnabled()) process.stdout.write(checkpoint.note);
    const [key] = checkpoint.signedBy;
    this.note(
      `Checkpoint ${checkpoint.number} covers ${counted(checkpoint.size, 'entry', 'entries')}\nIts key: ${key?.text}`,
    );
    return {
      number: checkpoint.number,
      size: checkpoint.size,
      root: checkpoint.root.toString('base64'),
      made_at: checkpoint.madeAt,
      key: key?.text ?? null,
      note: checkpoint.note,
    };
  }
}
