import { Args, Flags, QuietusCommand, recipientData } from '../../cli/index.js';
import { TRANSFER_FORMATS } from '../../model/index.js';
import type { RecipientAddress } from '../../recipients/index.js';

const ADDRESS = ['age', 'certificate', 'passphrase-by'];

export default class RecipientAdd extends QuietusCommand {
  static override description =
    'Register somebody who may be sent encrypted files: by an age key, by a certificate, or by a way to tell a passphrase. Nothing is encrypted for them before you have confirmed that the key is theirs (recipient confirm).';
  static override examples = [
    '<%= config.bin %> <%= command.id %> acme --age age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p --organization "Acme Payroll, Inc." --expires 2027-06-30',
    '<%= config.bin %> <%= command.id %> county --certificate county.pem --contact "records desk"',
    '<%= config.bin %> <%= command.id %> drlee --passphrase-by "phone" --format zip',
    '<%= config.bin %> <%= command.id %> vault --age recovery.pub --recovery',
  ];
  static override args = {
    name: Args.string({
      description:
        'Short name, 2 to 32 of a-z, 0-9, dot, underscore, hyphen. It stands in the log and in receipts.',
      required: true,
    }),
  };
  static override flags = {
    age: Flags.string({
      description: 'Public key of age (age1...), or a file that holds it.',
      helpValue: 'KEY',
      exactlyOne: ADDRESS,
    }),
    certificate: Flags.string({
      description: 'File with an X.509 certificate, PEM or DER.',
      helpValue: 'FILE',
      exactlyOne: ADDRESS,
    }),
    'passphrase-by': Flags.string({
      description: 'They have no key: how they are told the passphrase of each file, such as "phone".',
      helpValue: 'WAY',
      exactlyOne: ADDRESS,
    }),
    organization: Flags.string({ description: 'Name of the organization.', helpValue: 'NAME' }),
    contact: Flags.string({
      description: 'Whom to talk to. Kept in the database only, never in the log.',
      helpValue: 'TEXT',
    }),
    format: Flags.string({
      description:
        'A format that they can open; may be repeated. Default: age for an age key, cms for a certificate, zip and html for a passphrase.',
      options: [...TRANSFER_FORMATS],
      multiple: true,
    }),
    expires: Flags.string({
      description: 'Last day on which files may be encrypted for them, such as the end of the contract.',
      helpValue: 'YYYY-MM-DD',
    }),
    recovery: Flags.boolean({
      description:
        'Make it a recovery recipient: it can open every file of this workspace whose format and kind of key allow it. One of each kind: age, post-quantum age, certificate.',
    }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(RecipientAdd);
    const { addRecipient } = await import('../../recipients/index.js');
    const session = await this.openSession();
    const recipient = await addRecipient(session, {
      name: args.name,
      address: addressOf(flags),
      organization: flags.organization ?? null,
      contact: flags.contact ?? null,
      formats: (flags.format as (typeof TRANSFER_FORMATS)[number][] | undefined) ?? null,
      expiresOn: flags.expires ?? null,
      recovery: flags.recovery === true,
    });
    this.print(`Registered ${recipient.name}; nothing is encrypted for it yet`);
    if (recipient.fingerprint === null) {
      this.note('Next: make sure that you know who is at the other end, then run');
      this.note(`  quietus recipient confirm ${recipient.name} --how telephone`);
    } else {
      this.note(
        'Next: call them at a number that you knew before, have them read out the fingerprint, and run',
      );
      this.note(`  quietus recipient confirm ${recipient.name} --fingerprint HEX`);
      this.note(
        recipient.kind === 'age'
          ? '  They see it with: printf %s age1... | sha256sum'
          : '  They see it with: openssl x509 -in CERTIFICATE -noout -fingerprint -sha256',
      );
    }
    return recipientData(recipient, session.today());
  }
}

function addressOf(flags: {
  age?: string | undefined;
  certificate?: string | undefined;
  'passphrase-by'?: string | undefined;
}): RecipientAddress {
  if (flags.age !== undefined) return { kind: 'age', value: flags.age };
  if (flags.certificate !== undefined) return { kind: 'certificate', value: flags.certificate };
  return { kind: 'passphrase', value: flags['passphrase-by'] ?? '' };
}
