import type { LogVerification } from '../../audit/index.js';
import { counted, Flags, QuietusCommand } from '../../cli/index.js';
import type { Session } from '../../session/index.js';

export default class LogVerify extends QuietusCommand {
  static override description =
    'Verify the whole log: that no entry was changed, removed, inserted or moved, that no clock ran backwards, that every checkpoint is signed and fits, that those kept elsewhere fit too, that all certificates that were issued are there, in the log, in the register and as files, and that holds, statements, events, reviews, schedule, plans and approvals are those of which the log tells. Ends with exit code 5 at the first thing that is wrong. Only what is kept elsewhere shows that the whole workspace was replaced by an older copy: use --against, --key, or a witness in quietus.yaml.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --against /mnt/safe/checkpoint.txt --key /mnt/safe/log.vkey',
    '<%= config.bin %> <%= command.id %> --json',
  ];
  static override flags = {
    against: Flags.string({
      description:
        'File with a checkpoint that was kept elsewhere, or with lines of the system log; may be repeated.',
      multiple: true,
      helpValue: 'FILE',
    }),
    key: Flags.string({
      description:
        'File with a public key of the log that is to be trusted, as log export writes it (log.vkey).',
      helpValue: 'FILE',
    }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(LogVerify);
    const { requireWholeLog, verifyWorkspaceLog } = await import('../../audit/index.js');
    const { requireStateAsLogged } = await import('../../retention/index.js');
    const { certificateFilesProblem } = await import('../../certificate/index.js');
    const session = await this.openSession();
    const last = await session.store.log.end();
    const bar = await this.progress(last?.seq ?? 0, 'Entries');
    const result = await verifyWorkspaceLog(session, {
      against: flags.against ?? [],
      key: flags.key,
      onProgress: (entries) => bar.update(entries),
      signal: this.interrupt,
      certificateFiles: (certificate) => certificateFilesProblem(session, certificate),
    });
    bar.stop();
    requireWholeLog(result);
    await requireStateAsLogged(session);
    return await this.#tell(session, result);
  }

  async #tell(session: Session, result: LogVerification): Promise<unknown> {
    const { entries, head, root, clockSetBack, checkpoints, unsigned, outside, keys } = result;
    this.print(`The log verifies: ${counted(entries, 'entry', 'entries')}`);
    this.print(`  SHA-256 of the last entry: ${head}`);
    this.print(`  Root of its Merkle tree:   ${root}`);
    this.print(
      `  ${counted(checkpoints, 'checkpoint')}, and ${outside} kept outside of the database; ${unsigned} ${unsigned === 1 ? 'entry is' : 'entries are'} newer`,
    );
    const epochs = keys.filter(({ epoch }, at) => at > 0 && epoch !== keys[at - 1]?.epoch);
    for (const { epoch, seq } of epochs)
      this.note(`note: the key was lost; epoch ${epoch} begins with entry ${seq}`);
    if (clockSetBack.length > 0)
      this.note(`note: the clock was set back before entry ${clockSetBack.join(', ')}`);
    if (keys.length === 0) this.note('note: the log has no key yet; run: quietus log checkpoint');
    const { witnessProblem } = await import('../../audit/index.js');
    const witnesses = await session.store.logTree.witnesses();
    for (const { name, code } of witnesses.filter(({ failures }) => failures > 0))
      this.note(`warning: the witness ${name} was not reached the last time (${witnessProblem(code)})`);
    return {
      entries,
      head,
      root,
      clock_set_back: clockSetBack,
      checkpoints,
      outside_checkpoints: outside,
      unsigned,
      keys,
      witnesses_failing: witnesses.filter(({ failures }) => failures > 0).map(({ name }) => name),
    };
  }
}
