import { Args, coloured, QuietusCommand } from '../../cli/index.js';
import { ExitCode } from '../../model/index.js';

const MARKS = {
  true: () => coloured('green', 'ok  '),
  false: () => coloured('red', 'FAIL'),
  null: () => '--  ',
};

export default class CertificateVerify extends QuietusCommand {
  static override description =
    'Check a certificate against what the workspace recorded: each check on a line of its own. Ends with exit code 5 ' +
    'where any of them fails.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> 2026-0001',
    '<%= config.bin %> <%= command.id %> 2026-0001.pdf',
  ];
  static override args = {
    certificate: Args.string({
      description: 'Number of a certificate, or path of a PDF or JSON file.',
      required: true,
    }),
  };

  async run(): Promise<unknown> {
    const { args } = await this.parse(CertificateVerify);
    const { verifyCertificateFile } = await import('../../certificate/index.js');
    const result = await verifyCertificateFile(await this.openSession(), args.certificate);
    for (const file of result.files) {
      this.print(`${file.kind.toUpperCase()} ${file.path}`);
      for (const check of file.checks) {
        const mark = MARKS[`${check.passed}`]();
        this.print(`  ${mark} ${check.text}`);
      }
    }
    if (!result.passed) this.endWith(ExitCode.verificationFailed);
    this.print(result.passed ? 'Every check passed.' : 'This is not the certificate that was issued.');
    return {
      number: result.number,
      passed: result.passed,
      files: result.files.map((file) => ({ kind: file.kind, checks: file.checks })),
    };
  }
}
