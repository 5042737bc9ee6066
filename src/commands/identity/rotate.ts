import {
  Args,
  askNewPassphrase,
  counted,
  Flags,
  fingerprintText,
  identityData,
  passphraseFileFlag,
  QuietusCommand,
} from '../../cli/index.js';

export default class IdentityRotate extends QuietusCommand {
  static override description =
    'Replace an identity by a new one. Where its key is registered as a recipient here, such as for recovery, the new key takes its place, and passphrases kept for it are encrypted again. The old identity is retired and still opens what was encrypted for it.';
  static override examples = ['<%= config.bin %> <%= command.id %> records --as records-2027'];
  static override args = { name: Args.string({ description: 'Name of the identity.', required: true }) };
  static override flags = {
    as: Flags.string({
      description: 'Name of the new identity. Default: the old name with the next number.',
      helpValue: 'NAME',
    }),
    'passphrase-file': passphraseFileFlag('of the old identity'),
    'new-passphrase-file': passphraseFileFlag('that will protect the new identity, at least 12 characters'),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(IdentityRotate);
    const { rotateIdentity } = await import('../../recipients/index.js');
    const { requireIdentity } = await import('../../identities/index.js');
    const session = await this.openSession();
    await requireIdentity(session, args.name);
    const rotation = await rotateIdentity(session, {
      name: args.name,
      newName: flags.as ?? null,
      ask: () =>
        this.passphrase({
          file: flags['passphrase-file'],
          prompt: `Passphrase of the identity ${args.name}`,
        }),
      newPassphrase: await askNewPassphrase(
        this,
        flags['new-passphrase-file'],
        'The key opens what others send you',
      ),
    });
    const { created, retired, recipients, escrows } = rotation;
    this.print(`${created.name} takes the place of ${retired.name}. Its public part:`);
    this.print(created.publicKey.trimEnd());
    this.print(`Its fingerprint: ${fingerprintText(created.fingerprint)}`);
    for (const name of recipients) this.print(`The recipient ${name} has the new key`);
    if (escrows > 0) this.print(`Encrypted again for it: ${counted(escrows, 'kept passphrase')}`);
    this.note(
      'Send the new public part to those who encrypt for you. Files that you keep encrypted for the old',
    );
    this.note(
      `key are opened with it (quietus decrypt --as ${retired.name}), and encrypted anew where they matter.`,
    );
    return { ...identityData(created), replaces: retired.name, recipients, escrows };
  }
}
