import type { NumberedCheckpoint, TimestampedCheckpoint } from '../../audit/index.js';
import { counted, Flags, QuietusCommand } from '../../cli/index.js';
import type { Session } from '../../session/index.js';

export default class LogCheckpoint extends QuietusCommand {
  static override description =
    'Sign the log as it is now, and print the checkpoint (C2SP tlog-checkpoint): number of entries and root of their Merkle tree. Keep it elsewhere: with log verify --against FILE it shows later that nothing before it was changed, removed or inserted. One is also made at the end of every command that destroys or certifies. A time-stamping authority can confirm when it was made (RFC 3161).';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> > checkpoint.txt',
    '<%= config.bin %> <%= command.id %> --timestamp',
    '<%= config.bin %> <%= command.id %> --timestamp-request checkpoint.tsq',
    '<%= config.bin %> <%= command.id %> --timestamp-response checkpoint.tsr',
  ];
  static override flags = {
    timestamp: Flags.boolean({
      description: 'Have the authority of quietus.yaml confirm the time of the checkpoint.',
      exclusive: ['timestamp-request', 'timestamp-response'],
    }),
    'timestamp-request': Flags.string({
      description: 'Write a request (.tsq) for somebody else to hand to an authority.',
      helpValue: 'FILE',
      exclusive: ['timestamp-response'],
    }),
    'timestamp-response': Flags.string({
      description: 'Verify and keep the response (.tsr) to such a request; makes no checkpoint.',
      helpValue: 'FILE',
    }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(LogCheckpoint);
    const audit = await import('../../audit/index.js');
    const session = await this.openSession();
    const response = flags['timestamp-response'];
    if (response !== undefined) {
      const stamped = await audit.takeTimestampResponse(session, response);
      this.#tellTime(stamped);
      return { number: stamped.checkpoint, timestamp: timestampJson(stamped) };
    }
    const checkpoint = await audit.checkpointLog(session);
    await this.#show(session, checkpoint);
    const request = flags['timestamp-request'];
    if (request !== undefined) await audit.writeTimestampRequest(checkpoint, request);
    const stamped = flags.timestamp ? await audit.timestampCheckpoint(session, checkpoint) : null;
    if (stamped) this.#tellTime(stamped);
    return {
      number: checkpoint.number,
      size: checkpoint.size,
      root: checkpoint.root.toString('base64'),
      made_at: checkpoint.madeAt,
      key: checkpoint.signedBy[0]?.text ?? null,
      note: checkpoint.note,
      timestamp: stamped && timestampJson(stamped),
    };
  }

  async #show(session: Session, checkpoint: NumberedCheckpoint): Promise<void> {
    const { deliver } = await import('../../session/index.js');
    for (const text of await deliver(session, { force: true })) this.warn(text);
    if (!this.jsonEnabled()) process.stdout.write(checkpoint.note);
    this.note(
      `Checkpoint ${checkpoint.number} covers ${counted(checkpoint.size, 'entry', 'entries')}\nIts key: ${checkpoint.signedBy[0]?.text}`,
    );
  }

  #tellTime({ checkpoint, time, authority, file }: TimestampedCheckpoint): void {
    this.note(`${authority} confirms checkpoint ${checkpoint} at ${time}\n  ${file}`);
  }
}

function timestampJson({ time, authority, policy, serial, file }: TimestampedCheckpoint): object {
  return { time, authority, policy, serial, file };
}
