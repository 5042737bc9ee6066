import {
  Args,
  bytesInWords,
  confirmFlag,
  dryRunFlag,
  Flags,
  QuietusCommand,
  wrapped,
} from '../../cli/index.js';
import { ExitCode } from '../../model/index.js';

export default class ArchiveCreate extends QuietusCommand {
  static override description =
    'Keep an item encrypted under a key of its own: its file or folder is encrypted as an age file, read back and ' +
    'compared, and then destroyed where it lay. When its period ends the key is destroyed, which reaches every copy ' +
    'of the archive. Run it again to continue after an interruption.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> PAY-0001 --dry-run',
    '<%= config.bin %> <%= command.id %> PAY-0001 --confirm PAY-0001',
    '<%= config.bin %> <%= command.id %> PAY-0001 --to /mnt/vault --keep',
  ];
  static override args = { item: Args.string({ description: 'Id of the item.', required: true }) };
  static override flags = {
    to: Flags.string({
      description: 'Folder for the encrypted file; that of the workspace if not given.',
      helpValue: 'DIR',
    }),
    keep: Flags.boolean({ description: 'Leave the unencrypted content where it is.' }),
    'accept-residual': Flags.boolean({
      description: 'Destroy the content also where the medium can keep copies of it; the outcome says so.',
    }),
    confirm: confirmFlag('the id of the item'),
    'dry-run': dryRunFlag(),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ArchiveCreate);
    const { archiveItem, previewArchive } = await import('../../retention/index.js');
    const session = await this.openSession();
    const request = {
      itemId: args.item,
      folder: flags.to ?? null,
      keepPlaintext: flags.keep,
      acceptResidual: flags['accept-residual'],
      signal: this.interrupt,
    };
    if (flags['dry-run']) {
      const preview = await previewArchive(session, request);
      this.print(
        `${args.item}: would be encrypted to ${preview.recipient ?? 'no key: make one with quietus archive key --make'}`,
      );
      for (const { text } of preview.reasons) this.print(wrapped(text, '    '));
      this.note('Nothing was changed.');
      return { dry_run: true, item: args.item, archive_key: preview.recipient, reasons: preview.reasons };
    }
    if (!flags.keep) {
      await this.confirm({
        expected: args.item,
        given: flags.confirm,
        question: `The content of ${args.item} will be encrypted, and then destroyed where it lies.`,
      });
    }
    const { archive, facts, resumed } = await archiveItem(session, request);
    if (resumed) this.note('Continued an archive that was cut off.');
    const plaintext = facts.plaintext;
    this.print(`${archive.id}: ${archive.path} (${bytesInWords(facts.bytes ?? 0)})`);
    this.print(`Unencrypted content: ${plaintext?.outcome ?? 'not touched yet'}`);
    for (const { text } of plaintext?.reasons ?? []) this.print(wrapped(text, '    '));
    const whole = plaintext?.outcome === 'kept' || plaintext?.outcome === 'overwritten-verified';
    this.endWith(whole && archive.state === 'kept' ? ExitCode.done : ExitCode.partial);
    return {
      archive: archive.id,
      item: archive.itemId,
      state: archive.state,
      path: archive.path,
      bytes: facts.bytes,
      sha256: facts.sha256,
      content: plaintext?.outcome ?? null,
      reasons: plaintext?.reasons ?? [],
      resumed,
    };
  }
}
