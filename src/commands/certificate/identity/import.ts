import { Args, passphraseFileFlag, QuietusCommand } from '../../../cli/index.js';

export default class CertificateIdentityImport extends QuietusCommand {
  static override description =
    'Sign certificates of destruction with a key and X.509 certificate of your organization: a PKCS#12 file with the chain of its issuers. The key is kept in the workspace without a passphrase, so that sweeps can sign.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> signer.p12',
    '<%= config.bin %> <%= command.id %> signer.p12 --passphrase-file /dev/fd/3',
  ];
  static override args = {
    file: Args.string({ description: 'PKCS#12 file (.p12 or .pfx).', required: true }),
  };
  static override flags = { 'passphrase-file': passphraseFileFlag('of the PKCS#12 file') };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(CertificateIdentityImport);
    const { importCertificateSigner, readGivenFile } = await import('../../../certificate/index.js');
    const session = await this.openSession();
    const file = await readGivenFile(args.file);
    const passphrase = await this.passphrase({
      file: flags['passphrase-file'],
      prompt: `Passphrase of ${args.file}`,
    });
    const { name, record } = await importCertificateSigner(session, file, passphrase);
    this.print(`Certificates are signed by: ${name}`);
    this.print(`  SHA-256 ${record.fingerprint}`);
    return { name, origin: record.origin, sha256: record.fingerprint };
  }
}
