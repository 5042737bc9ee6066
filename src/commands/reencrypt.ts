import {
  Args,
  Flags,
  isReencryptionPartial,
  passphraseFileFlag,
  QuietusCommand,
  reencryptionData,
  reencryptionReport,
  reencryptionSummary,
} from '../cli/index.js';
import { badInput, ExitCode } from '../model/index.js';

export default class Reencrypt extends QuietusCommand {
  static override description =
    'Encrypt files that are encrypted already for other keys, each in its place: after a key was replaced, or for those who may open them from now on. A file is decrypted in memory, read back, compared, and only then takes the place of the former.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> /srv/archive --as records',
    '<%= config.bin %> <%= command.id %> payroll-2024.tar.age --as records --to records-2 --to acme',
    '<%= config.bin %> <%= command.id %> /media/safe/*.age --identity old-key.txt --to vault',
  ];
  static override strict = false;
  static override args = {
    path: Args.string({
      description: 'Files, and folders of which every file is encrypted again that the key opens.',
    }),
  };
  static override flags = {
    to: Flags.string({
      char: 't',
      description:
        'Name of a recipient; may be repeated. Default: those that this workspace encrypted each file for, with the keys that they have now.',
      multiple: true,
      helpValue: 'NAME',
    }),
    as: Flags.string({
      description: 'Open them with this identity of the workspace; one that was retired opens files, too.',
      helpValue: 'NAME',
    }),
    identity: Flags.string({
      char: 'i',
      description: 'Open them with the keys in this file: age identities, PKCS#12, or PEM; may be repeated.',
      multiple: true,
      helpValue: 'FILE',
      exclusive: ['as'],
    }),
    'passphrase-file': passphraseFileFlag('of the identity, or of the PKCS#12 file'),
  };

  async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(Reencrypt);
    if (argv.length === 0)
      throw badInput('input-missing', 'Nothing to encrypt again was named', {
        hint: 'Name files or folders',
      });
    const { reencryptPaths } = await import('../transfer/index.js');
    const session = await this.openSession();
    const run = await reencryptPaths(session, {
      paths: argv.map(String),
      to: flags.to ?? null,
      keys: {
        identityFiles: flags.identity ?? [],
        identity: flags.as ?? null,
        escrow: false,
        ask: (what) => this.passphrase({ file: flags['passphrase-file'], prompt: what }),
        session: () => Promise.resolve(session),
      },
      signal: this.interrupt,
      ...reencryptionReport(this),
    });
    for (const line of reencryptionSummary(run)) this.print(line);
    if (isReencryptionPartial(run)) this.endWith(ExitCode.partial);
    return reencryptionData(run);
  }
}
