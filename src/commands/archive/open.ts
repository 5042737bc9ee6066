import { Args, archiveSecrets, Flags, passphraseFileFlag, QuietusCommand } from '../../cli/index.js';

export default class ArchiveOpen extends QuietusCommand {
  static override description =
    'Decrypt an archive to a new file or folder, or write its key to a file that `age -d -i` reads. Both are logged; a ' +
    'key that was written is asked for when the archive is erased.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> PAY-0001 --to /secure/pay-0001.csv',
    '<%= config.bin %> <%= command.id %> arc-2026-11-25-a1b2c3d4 --to records --passphrase-file /dev/fd/3',
    '<%= config.bin %> <%= command.id %> PAY-0001 --key-to /mnt/safe/pay-0001.key --identity safe.key',
  ];
  static override args = {
    archive: Args.string({ description: 'Id of the archive, or of its item.', required: true }),
  };
  static override flags = {
    to: Flags.string({
      description: 'Where the content is written; a folder is put into this one.',
      helpValue: 'PATH',
    }),
    'key-to': Flags.string({
      description: 'Write the key of this archive to a new file instead.',
      exclusive: ['to'],
      helpValue: 'FILE',
    }),
    'passphrase-file': passphraseFileFlag('of the archive key'),
    identity: Flags.string({
      description: 'File with an age identity that opens the archive key; repeatable.',
      multiple: true,
      helpValue: 'FILE',
    }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ArchiveOpen);
    const { resolve } = await import('node:path');
    const { badInput } = await import('../../model/index.js');
    const { exportArchiveKey, openArchive, requireArchive } = await import('../../archive/index.js');
    const place = flags.to ?? flags['key-to'];
    if (place === undefined) {
      throw badInput('target-missing', 'Nothing says where the content is to be written', {
        hint: 'Add --to PATH, or --key-to FILE for the key',
      });
    }
    const session = await this.openSession();
    const { id } = await requireArchive(session, args.archive);
    const { secrets } = await archiveSecrets(this, session, flags);
    const request = { id, target: resolve(place), secrets, signal: this.interrupt };
    const archive =
      flags.to === undefined ? await exportArchiveKey(session, request) : await openArchive(session, request);
    this.print(flags.to === undefined ? `The key of ${id} is in ${place}` : `${id} is decrypted to ${place}`);
    if (flags.to === undefined) this.note(`age -d -i ${place} ${archive.path}`);
    return {
      archive: id,
      item: archive.itemId,
      ...(flags.to === undefined ? { key: place } : { content: place }),
    };
  }
}
