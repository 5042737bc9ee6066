import type { RegisteredCertificate } from '../../certificate/index.js';
import { Args, counted, QuietusCommand } from '../../cli/index.js';

export default class CertificateShow extends QuietusCommand {
  static override description =
    'Show a certificate in short, and where its PDF and JSON file lie. With --json prints the document itself.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> 2026-0001',
    '<%= config.bin %> <%= command.id %> 2026-0001 --json',
  ];
  static override args = {
    number: Args.string({ description: 'Number of the certificate.', required: true }),
  };

  async run(): Promise<unknown> {
    const { args } = await this.parse(CertificateShow);
    const { registeredCertificate, showCertificate, stateOf } = await import('../../certificate/index.js');
    const session = await this.openSession();
    const { record, paths, document, json } = await showCertificate(session, args.number);
    const registered = await registeredCertificate(session, args.number);
    this.print(`Certificate ${record.number}, issued ${record.issuedAt} by ${record.issuedBy}`);
    this.print(`  for        ${document.organization.name}`);
    this.print(`  state      ${stateOf(registered)}${voidInWords(registered)}`);
    if (record.replaces !== null) this.print(`  replaces   ${record.replaces}`);
    this.print(`  destroyed  ${counted(document.items.length, 'item')}`);
    this.print(`  not destroyed, listed as exceptions: ${document.exceptions.length}`);
    this.print(`  PDF        ${paths.pdf}`);
    this.print(`  JSON       ${paths.json}`);
    this.print(`  SHA-256    ${record.jsonSha256} (JSON)`);
    this.note(`Check it with: quietus certificate verify ${record.number}`);
    return JSON.parse(json.toString('utf8')) as unknown;
  }
}

function voidInWords({ void: declared }: RegisteredCertificate): string {
  if (declared === null) return '';
  return `; declared void on ${declared.voidedAt} by ${declared.voidedBy}: ${declared.reason}`;
}
