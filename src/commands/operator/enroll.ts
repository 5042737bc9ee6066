import {
  askNewPassphrase,
  Flags,
  fingerprintText,
  passphraseFileFlag,
  QuietusCommand,
} from '../../cli/index.js';

export default class OperatorEnroll extends QuietusCommand {
  static override description =
    'Make your key, under the account that you were registered with, so that nobody else ever has it. It prints the fingerprint that you read out to the operator who confirms it, face to face or on the telephone.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --workspace /srv/quietus',
    '<%= config.bin %> <%= command.id %> --workspace /srv/quietus --passphrase-file /dev/fd/3',
  ];
  static override flags = {
    'passphrase-file': passphraseFileFlag('that will protect your operator key, at least 12 characters'),
    unattended: Flags.boolean({
      description: 'Keep the key without a passphrase, for a machine where nobody is there to type it.',
      exclusive: ['passphrase-file'],
    }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(OperatorEnroll);
    const { earlierKey, enrollOperator, operatorToEnroll } = await import('../../operators/index.js');
    const session = await this.openSession('anybody');
    const registered = await operatorToEnroll(session);
    const earlier = earlierKey(session, registered);
    const file = flags['passphrase-file'];
    let passphrase: string | null = null;
    if (earlier === undefined && !flags.unattended) passphrase = await askNewPassphrase(this, file);
    if (earlier?.needsPassphrase) {
      passphrase = await this.passphrase({ file, prompt: 'Passphrase of the key that you made before' });
    }
    const { operator, fingerprint } = await enrollOperator(session, passphrase);
    this.print(`The key of ${operator.id} is made. Its fingerprint:`);
    this.print(`  ${fingerprintText(fingerprint)}`);
    this.note('Next: read it out to another operator, who runs:');
    this.note(`  quietus operator confirm ${operator.id} --fingerprint "${fingerprintText(fingerprint)}"`);
    return { operator: operator.id, fingerprint };
  }
}
