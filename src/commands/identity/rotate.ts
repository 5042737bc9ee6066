import {
  Args,
  askNewPassphrase,
  counted,
  Flags,
  fingerprintText,
  identityData,
  isReencryptionPartial,
  passphraseFileFlag,
  QuietusCommand,
  reencryptionData,
  reencryptionReport,
  reencryptionSummary,
} from '../../cli/index.js';
import { ExitCode } from '../../model/index.js';
import type { Session } from '../../session/index.js';

export default class IdentityRotate extends QuietusCommand {
  static override description =
    'Replace an identity by a new one. Where its key is registered as a recipient here, such as for recovery, the new key takes its place, and passphrases kept for it are encrypted again. The old identity is retired and still opens what was encrypted for it.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> records --as records-2027',
    '<%= config.bin %> <%= command.id %> records --reencrypt /srv/archive',
  ];
  static override args = { name: Args.string({ description: 'Name of the identity.', required: true }) };
  static override flags = {
    as: Flags.string({
      description: 'Name of the new identity. Default: the old name with the next number.',
      helpValue: 'NAME',
    }),
    reencrypt: Flags.string({
      description:
        'Also encrypt files again, or all of a folder, that the old key opens, as quietus reencrypt does; may be repeated.',
      multiple: true,
      helpValue: 'PATH',
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
    const ask = this.#asker(args.name, flags['passphrase-file']);
    const rotation = await rotateIdentity(session, {
      name: args.name,
      newName: flags.as ?? null,
      ask,
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
    const files =
      flags.reencrypt === undefined
        ? null
        : await this.#reencrypt(session, { paths: flags.reencrypt, identity: args.name, ask });
    this.note(
      'Send the new public part to those who encrypt for you. What is still encrypted for the old key',
    );
    this.note(`is opened with it (quietus decrypt --as ${retired.name}), and encrypted for the new one by:`);
    this.note(`  quietus reencrypt FILE-OR-FOLDER --as ${retired.name}`);
    return {
      ...identityData(created),
      replaces: retired.name,
      recipients,
      escrows,
      ...(files !== null && { reencryption: files }),
    };
  }

  /** Asks once: the passphrase may come through a pipe, and kept passphrases and files need the same one. */
  #asker(name: string, file: string | undefined): () => Promise<string> {
    let answer: Promise<string> | undefined;
    return () => {
      answer ??= this.passphrase({ file, prompt: `Passphrase of the identity ${name}` });
      return answer;
    };
  }

  async #reencrypt(
    session: Session,
    { paths, identity, ask }: { paths: string[]; identity: string; ask: () => Promise<string> },
  ): Promise<unknown> {
    const { reencryptPaths } = await import('../../transfer/index.js');
    const run = await reencryptPaths(session, {
      paths,
      to: null,
      keys: { identityFiles: [], identity, escrow: false, ask, session: () => Promise.resolve(session) },
      signal: this.interrupt,
      ...reencryptionReport(this),
    });
    for (const line of reencryptionSummary(run)) this.print(line);
    if (isReencryptionPartial(run)) this.endWith(ExitCode.partial);
    return reencryptionData(run);
  }
}
