import { confirmFlag, counted, Flags, passphraseFileFlag, QuietusCommand } from '../../cli/index.js';

export default class LogNewEpoch extends QuietusCommand {
  static override description =
    'Begin a new epoch of the log, visibly: with a new key that no old one vouches for, signed with your operator key. For a key that is lost, a database that was restored from a backup and so lost its newest entries, or a clock that ran backwards. What is lost is named in the entry, and log verify shows the epoch from then on. Entries that were changed cannot be acknowledged.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --reason "Restored from the backup of 3 March"',
    '<%= config.bin %> <%= command.id %> --reason "Disk lost" --confirm new-epoch --passphrase-file /dev/fd/3',
  ];
  static override flags = {
    reason: Flags.string({
      description: 'Why, on one line of at most 200 characters. It goes into the log: name no person.',
      required: true,
      helpValue: 'TEXT',
    }),
    against: Flags.string({
      description:
        'File with a checkpoint that was kept elsewhere and that the log does not continue; may be repeated.',
      multiple: true,
      helpValue: 'FILE',
    }),
    confirm: confirmFlag('the words new-epoch'),
    'passphrase-file': passphraseFileFlag('of your operator key'),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(LogNewEpoch);
    const { beginEpoch, findLosses, outsideCheckpoints, requireReason } = await import(
      '../../audit/index.js'
    );
    const { unlockOperatorKey } = await import('../../operators/index.js');
    const reason = requireReason(flags.reason);
    const session = await this.openSession();
    const operator = await session.operator();
    const { workspaceId, log } = session.settings();
    const places = {
      checkpoints: session.paths.checkpoints,
      witnessFolder: log.witnesses.folder,
      against: flags.against ?? [],
    };
    const losses = await findLosses(session, await outsideCheckpoints(places, workspaceId));
    await this.confirm({
      expected: 'new-epoch',
      given: flags.confirm,
      question: `The log goes on under a new key that the old one does not vouch for. Acknowledged: ${counted(losses.lost.length, 'checkpoint')} lost, ${counted(losses.clock.length, 'time')} that a clock ran backwards.`,
    });
    const operatorKey = await unlockOperatorKey(session, operator, () =>
      this.passphrase({ file: flags['passphrase-file'], prompt: `Passphrase of the key of ${operator.id}` }),
    );
    const { epoch, key, seq, checkpoint } = await beginEpoch(session, { reason, losses, operatorKey });
    this.print(`Epoch ${epoch} of the log begins with entry ${seq}; its key:\n  ${key}`);
    return { epoch, key, seq, checkpoint: checkpoint.number, lost: losses.lost, clock: losses.clock };
  }
}
