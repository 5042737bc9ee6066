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
    'List everything on a stick, on a disk or in a folder that is not known to be encrypted. 201 CMR 17.04(5) wants personal information on portable devices to be encrypted. Files of encrypt and age, CMS, OpenPGP and LUKS, zip with AES, 7z with encrypted names and PDF with AES-256 are told by their structure, without a key: whether they open is not tried, and what is damaged or weakly encrypted is listed. So are links, which are not followed, devices and pipes, and what cannot be read; receipts and instruction sheets of encrypt are not. Ends with exit code 4 where anything is listed, unless the device is encrypted as a whole (dm-crypt). No workspace is needed, and nothing is changed.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> /media/jdoe/STICK',
    '<%= config.bin %> <%= command.id %> /media/jdoe/STICK --json',
  ];
  static override args = {
    path: Args.string({
      description: 'Folder where the medium is mounted, or any other folder.',
      required: true,
    }),
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
