import { QuietusCommand } from '../../../cli/index.js';

export default class CertificateIdentityShow extends QuietusCommand {
  static override description =
    'Show the X.509 certificate that signs certificates of destruction, as PEM. Give it, or its fingerprint, to those who will check them. Until one is imported, it is the self-signed one that init made.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> > signer.pem',
    '<%= config.bin %> <%= command.id %> --json',
  ];

  async run(): Promise<unknown> {
    await this.parse(CertificateIdentityShow);
    const { certificateSigner } = await import('../../../certificate/index.js');
    const { name, record } = await certificateSigner(await this.openSession());
    this.print(record.certificates.trimEnd());
    this.note(`${name}, ${record.origin}; SHA-256 ${record.fingerprint}`);
    return {
      name,
      origin: record.origin,
      sha256: record.fingerprint,
      certificates: record.certificates,
      since: record.recordedAt,
    };
  }
}
