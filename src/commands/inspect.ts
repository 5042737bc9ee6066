import { Args, bytesInWords, QuietusCommand } from '../cli/index.js';

export default class Inspect extends QuietusCommand {
  static override description =
    'Show what can be said of an encrypted file without a key: its format, what would open it, how large its content is.';
  static override examples = ['<%= config.bin %> <%= command.id %> transfer-2026-11-22-7f3a.tar.age'];
  static override args = {
    file: Args.string({ description: 'The encrypted file; - reads standard input.', required: true }),
  };

  async run(): Promise<unknown> {
    const { args } = await this.parse(Inspect);
    const { inspectFile } = await import('../transfer/index.js');
    const found = await inspectFile(args.file);
    this.print(found.description);
    for (const recipient of found.recipients) this.print(`  opened by  ${recipient}`);
    if (found.plaintextBytes !== null) this.print(`  content    ${bytesInWords(found.plaintextBytes)}`);
    for (const note of found.notes) this.print(`  note       ${note}`);
    return {
      format: found.format,
      description: found.description,
      recipients: found.recipients,
      plaintext_bytes: found.plaintextBytes,
      notes: found.notes,
    };
  }
}
