import { Args, Flags, identityData, passphraseFileFlag, QuietusCommand } from '../../cli/index.js';

export default class IdentityExport extends QuietusCommand {
  static override description =
    'Give out the public part of an identity, for those who are to encrypt for it. With --secret the secret part, for another program: as age-keygen writes it, or as PKCS#12 under the passphrase of the identity.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> records > records.pub',
    '<%= config.bin %> <%= command.id %> records --secret -o records.key',
  ];
  static override args = { name: Args.string({ description: 'Name of the identity.', required: true }) };
  static override flags = {
    secret: Flags.boolean({
      description:
        'Write the secret part, which opens everything. An age key is not protected by a passphrase any more.',
      dependsOn: ['output'],
    }),
    output: Flags.string({
      char: 'o',
      description: 'New file for the secret part, readable for your account alone.',
      helpValue: 'FILE',
      dependsOn: ['secret'],
    }),
    'passphrase-file': passphraseFileFlag('of the identity'),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(IdentityExport);
    const { exportSecret, requireIdentity } = await import('../../identities/index.js');
    const session = await this.openSession();
    const identity = await requireIdentity(session, args.name);
    if (flags.output === undefined) {
      this.print(identity.publicKey.trimEnd());
      return { ...identityData(identity), public_key: identity.publicKey };
    }
    await exportSecret(session, identity, flags.output, () =>
      this.passphrase({
        file: flags['passphrase-file'],
        prompt: `Passphrase of the identity ${identity.name}`,
      }),
    );
    this.print(`Wrote the secret part of ${identity.name}`);
    this.note('Whoever has this file can open what is encrypted for the identity. Destroy it after use:');
    this.note('  quietus dispose FILE');
    return { ...identityData(identity), secret: true };
  }
}
