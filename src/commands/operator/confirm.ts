import { Args, Flags, passphraseFileFlag, QuietusCommand } from '../../cli/index.js';

export default class OperatorConfirm extends QuietusCommand {
  static override description =
    "Confirm that the key of a registered operator is that person's: give the fingerprint that the person reads out to you, and sign with your key. Where two operators are active, the one who registered the person may not also confirm the key.";
  static override examples = [
    '<%= config.bin %> <%= command.id %> mroe --fingerprint "93d1a2f0 0c8e41b7 5f0a9cc2 7d2be310 4b6a88f1 e02d5c97 a1b3c4d5 e6f70819"',
  ];
  static override args = {
    id: Args.string({ description: 'Id of the registered operator.', required: true }),
  };
  static override flags = {
    fingerprint: Flags.string({
      description: 'SHA-256 of the public key file, 64 hexadecimal digits, as the person reads it out.',
      helpValue: 'HEX',
    }),
    'passphrase-file': passphraseFileFlag('of your operator key'),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(OperatorConfirm);
    const { confirmableKey, confirmOperator, unlockOperatorKey } = await import('../../operators/index.js');
    const session = await this.openSession();
    const confirmer = await session.operator();
    const fingerprint =
      flags.fingerprint ??
      (await this.askText({
        question: `Fingerprint that ${args.id} reads out`,
        flag: '--fingerprint HEX',
      }));
    await confirmableKey(session, args.id, fingerprint);
    const key = await unlockOperatorKey(session, confirmer, () =>
      this.passphrase({
        file: flags['passphrase-file'],
        prompt: `Passphrase of the key of ${confirmer.id}`,
      }),
    );
    const operator = await confirmOperator(session, { id: args.id, fingerprint, key });
    this.print(`${operator.id} is an active operator; confirmed by ${confirmer.id}`);
    return { operator: operator.id, state: 'active', confirmed_by: confirmer.id };
  }
}
