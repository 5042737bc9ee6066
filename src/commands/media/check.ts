import { Args, counted, QuietusCommand } from '../../cli/index.js';
import { ExitCode } from '../../model/index.js';

const WHY = {
  'not-encrypted': 'not encrypted',
  unreadable: 'cannot be read, so nobody knows',
  link: 'a symbolic link, which is not followed',
  special: 'a device, pipe or socket',
};

export default class MediaCheck extends QuietusCommand {
  static override description =
    'List every file on a stick, a disk or in a folder that is in no recognized encrypted format, for 201 CMR 17.04(5). Ends with exit code 4 where there are any. Formats of this program, OpenPGP, LUKS, zip with AES, 7z with encrypted names and PDF with AES-256 are recognized by their structure; nothing is opened, and what is damaged or weakly encrypted does not count.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> /media/jdoe/STICK',
    '<%= config.bin %> <%= command.id %> /media/jdoe/STICK --json',
  ];
  static override args = {
    path: Args.string({ description: 'Folder where the medium is mounted.', required: true }),
  };

  async run(): Promise<unknown> {
    const { args } = await this.parse(MediaCheck);
    const { checkMedia } = await import('../../transfer/index.js');
    const check = await checkMedia(args.path, { signal: this.interrupt });
    const { medium, findings } = check;
    if (findings.length > 0) {
      this.printTable(findings, [
        { head: 'FILE', value: ({ path }) => path },
        { head: 'BYTES', value: ({ size }) => size, shrink: false },
        { head: 'IS', value: ({ why }) => WHY[why] },
      ]);
    }
    if (check.remarks.length > 0) {
      this.printTable(check.remarks, [
        { head: 'FILE', value: ({ path }) => path },
        { head: 'ENCRYPTED AS', value: ({ format }) => format },
        { head: 'BUT', value: ({ note }) => note },
      ]);
    }
    this.print(
      `${counted(check.encrypted, 'file')} encrypted, ${counted(check.accompanying, 'receipt or sheet', 'receipts and sheets')}, ${findings.length} not known to be encrypted`,
    );
    if (medium.encrypted)
      this.note(
        'The file system lies on a device that is encrypted as a whole (dm-crypt), so its files are, too.',
      );
    else if (findings.length > 0) {
      this.note(
        'Encrypt what holds personal information, then destroy the copy there: quietus encrypt, quietus dispose',
      );
      this.endWith(ExitCode.refused);
    }
    return {
      removable: medium.removable,
      model: medium.model,
      encrypted_device: medium.encrypted,
      encrypted: check.encrypted,
      accompanying: check.accompanying,
      not_encrypted: findings,
      remarks: check.remarks,
    };
  }
}
