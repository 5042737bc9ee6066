import { Args, Flags, QuietusCommand } from '../../cli/index.js';

export default class LogProve extends QuietusCommand {
  static override description =
    'Prove that an entry is in the log: write a proof (C2SP tlog-proof) that leads from the bytes of the entry to a signed checkpoint, and the entry itself beside it. Both can be checked without this workspace.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> 17',
    '<%= config.bin %> <%= command.id %> 17 --output /mnt/handover/entry-17.tlog-proof',
  ];
  static override args = {
    entry: Args.integer({ description: 'Number of the entry.', required: true, min: 1 }),
  };
  static override flags = {
    output: Flags.string({
      description:
        'File to write the proof to; the entry goes into the same name with .json. Default: entry-ENTRY.tlog-proof.',
      helpValue: 'FILE',
    }),
    force: Flags.boolean({ description: 'Replace files that are already there.' }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(LogProve);
    const { checkpointCovering, proveEntry, writeProof } = await import('../../audit/index.js');
    const session = await this.openSession();
    const checkpoint = await checkpointCovering(session, args.entry);
    const proved = await proveEntry(session.store, args.entry, checkpoint);
    const path = flags.output ?? `entry-${args.entry}.tlog-proof`;
    const files = await writeProof(proved, path, { force: flags.force });
    this.print(`Entry ${args.entry} is in the log of ${checkpoint.size}; the proof was verified`);
    this.print(`  proof: ${files.proof}\n  entry: ${files.entry}`);
    return {
      seq: proved.seq,
      hash: proved.hash,
      checkpoint: {
        number: checkpoint.number,
        size: checkpoint.size,
        root: checkpoint.root.toString('base64'),
      },
      key: checkpoint.signedBy[0]?.text ?? null,
      files,
    };
  }
}
