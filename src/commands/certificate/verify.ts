import type { CertificateVerification } from '../../certificate/index.js';
import { Args, coloured, Flags, QuietusCommand } from '../../cli/index.js';
import { badInput, ExitCode, Fault } from '../../model/index.js';
import type { Session } from '../../session/index.js';

function verdict({ passed, files }: CertificateVerification): string {
  if (!passed) return 'At least one check failed: do not rely on it.';
  const open = files.some(({ checks }) => checks.some((each) => each.passed === null));
  return open ? 'What could be checked is right; lines with -- could not be.' : 'Every check passed.';
}

const MARKS = {
  true: () => coloured('green', 'ok  '),
  false: () => coloured('red', 'FAIL'),
  null: () => '--  ',
};

export default class CertificateVerify extends QuietusCommand {
  static override description =
    'Check a certificate, each check on a line of its own. In a workspace it is compared with what the workspace recorded; with --trust or --public-key it is checked without one. Ends with exit code 5 where a check fails.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> 2026-0001',
    '<%= config.bin %> <%= command.id %> certificate-2026-0001.pdf',
    '<%= config.bin %> <%= command.id %> bundle.zip --trust signer.pem --public-key log.key',
  ];
  static override args = {
    certificate: Args.string({
      description: 'Number of a certificate, or path of a PDF, JSON file or bundle.',
      required: true,
    }),
  };
  static override flags = {
    trust: Flags.string({
      description:
        'X.509 certificates (PEM) that you trust: the signer\u2019s, or of an authority that issued it.',
      helpValue: 'FILE',
    }),
    tsa: Flags.string({
      description: 'Certificates (PEM) of the time-stamping authorities that you trust.',
      helpValue: 'FILE',
      dependsOn: ['trust'],
    }),
    'public-key': Flags.string({
      description: 'Public key of the log that you trust: the line in log/key of a bundle, or PEM.',
      helpValue: 'FILE',
    }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(CertificateVerify);
    const { trust, 'public-key': publicKey } = flags;
    const { readGivenText, verifyCertificateFile, verifyOutside } = await import(
      '../../certificate/index.js'
    );
    const result =
      trust === undefined && publicKey === undefined
        ? await verifyCertificateFile(await this.#workspace(), args.certificate)
        : await verifyOutside(args.certificate, {
            certificates: trust === undefined ? null : await readGivenText(trust),
            timestampAuthorities: flags.tsa === undefined ? null : await readGivenText(flags.tsa),
            logKey: publicKey === undefined ? null : await readGivenText(publicKey),
          });
    this.#show(result);
    if (!result.passed) this.endWith(ExitCode.verificationFailed);
    this.print(verdict(result));
    return {
      number: result.number,
      passed: result.passed,
      files: result.files.map((file) => ({ kind: file.kind, checks: file.checks })),
    };
  }

  /** @throws Fault `trust-needed` (exit 2) where there is no workspace: whoever asks may have none */
  async #workspace(): Promise<Session> {
    try {
      return await this.openSession();
    } catch (error) {
      if (!(error instanceof Fault) || error.code !== 'workspace-missing') throw error;
      throw badInput('trust-needed', `${error.message}, and nothing says whom you trust`, {
        hint: 'Without a workspace add --trust signer.pem, and --public-key FILE for the log',
      });
    }
  }

  #show(result: CertificateVerification): void {
    for (const file of result.files) {
      this.print(`${file.kind.toUpperCase()} ${file.path}`);
      for (const check of file.checks) {
        const mark = MARKS[`${check.passed}`]();
        this.print(`  ${mark} ${check.text}`);
      }
    }
  }
}
