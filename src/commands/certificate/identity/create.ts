import { confirmFlag, QuietusCommand } from '../../../cli/index.js';

export default class CertificateIdentityCreate extends QuietusCommand {
  static override description =
    'Make a new key with a self-signed X.509 certificate that signs certificates of destruction from now on. What was signed before stays valid.';
  static override examples = ['<%= config.bin %> <%= command.id %> --confirm new'];
  static override flags = { confirm: confirmFlag('the word new') };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(CertificateIdentityCreate);
    const { makeCertificateSigner } = await import('../../../certificate/index.js');
    const session = await this.openSession();
    await this.confirm({
      expected: 'new',
      given: flags.confirm,
      question: 'Everybody who checks your certificates will need the new X.509 certificate.',
    });
    const { name, record } = await makeCertificateSigner(session);
    this.print(`Certificates are signed by: ${name}`);
    this.print(`  SHA-256 ${record.fingerprint}`);
    return { name, origin: record.origin, sha256: record.fingerprint };
  }
}
