import { Args, counted, Flags, QuietusCommand } from '../../cli/index.js';

export default class CertificateExport extends QuietusCommand {
  static override description =
    'Write a certificate for somebody outside: one zip with its files, the keys and certificates to check it with, proofs of its log entries, and a page of commands that need no Quietus.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> 2026-0001 --bundle certificate-2026-0001.zip',
    '<%= config.bin %> <%= command.id %> 2026-0001 --bundle /mnt/handover/certificate.zip --force',
  ];
  static override args = {
    number: Args.string({ description: 'Number of the certificate.', required: true }),
  };
  static override flags = {
    bundle: Flags.string({
      description: 'File to write the bundle to.',
      helpValue: 'FILE',
      required: true,
    }),
    force: Flags.boolean({ description: 'Replace a file that is already there.' }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(CertificateExport);
    const { exportBundle } = await import('../../certificate/index.js');
    const files = await exportBundle(await this.openSession(), args.number, flags.bundle, flags);
    this.print(`Wrote certificate ${args.number} with ${counted(files, 'file')} to ${flags.bundle}`);
    this.note('CHECK.md in it says how to check it without Quietus.');
    return { number: args.number, bundle: flags.bundle, files };
  }
}
