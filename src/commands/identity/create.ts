import {
  Args,
  askNewPassphrase,
  Flags,
  fingerprintText,
  identityData,
  passphraseFileFlag,
  QuietusCommand,
} from '../../cli/index.js';
import { IDENTITY_KINDS, type IdentityKind } from '../../model/index.js';

export default class IdentityCreate extends QuietusCommand {
  static override description =
    'Make a key that others encrypt for, or, with --kind x509, a certificate for CMS and for signatures. The secret part stays in a file of your account, sealed under a passphrase.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> records',
    '<%= config.bin %> <%= command.id %> records-pq --kind age-pq',
    '<%= config.bin %> <%= command.id %> office --kind x509 --days 730',
  ];
  static override args = {
    name: Args.string({
      description: 'Name, 2 to 32 of a-z, 0-9, dot, underscore, hyphen; never used for another key again.',
      required: true,
    }),
  };
  static override flags = {
    kind: Flags.string({
      description:
        'age: X25519. age-pq: hybrid with ML-KEM-768, for what must stay secret for decades; the other side needs age 1.3. x509: RSA 3072.',
      options: [...IDENTITY_KINDS],
      default: 'age',
    }),
    days: Flags.integer({
      description: 'Days for which the certificate of an x509 identity is valid. Default: 1095.',
      min: 1,
      max: 3650,
      helpValue: 'N',
    }),
    'passphrase-file': passphraseFileFlag('that will protect the identity, at least 12 characters'),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(IdentityCreate);
    const { createIdentity, requireNewName } = await import('../../identities/index.js');
    if (flags.days !== undefined && flags.kind !== 'x509') {
      const { badInput } = await import('../../model/index.js');
      throw badInput('flag-unfit', 'Only a certificate is valid for a number of days', {
        hint: 'Leave --days out, or add --kind x509; a recipient has an expiry of its own: recipient add --expires',
      });
    }
    const session = await this.openSession();
    await requireNewName(session, args.name);
    const identity = await createIdentity(session, {
      name: args.name,
      kind: flags.kind as IdentityKind,
      passphrase: await askNewPassphrase(
        this,
        flags['passphrase-file'],
        'The key opens what others send you',
      ),
      ...(flags.days === undefined ? {} : { days: flags.days }),
    });
    this.print(`Made the identity ${identity.name}. Its public part:`);
    this.print(identity.publicKey.trimEnd());
    this.print(`Its fingerprint: ${fingerprintText(identity.fingerprint)}`);
    this.note('Send the public part by mail, and read the fingerprint out by telephone.');
    this.note(
      'Nobody can open what is encrypted for it without the key file and its passphrase: back both up.',
    );
    return identityData(identity);
  }
}
