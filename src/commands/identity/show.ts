import { Args, fingerprintText, identityData, QuietusCommand } from '../../cli/index.js';

export default class IdentityShow extends QuietusCommand {
  static override description = 'Show an identity with its public part and its fingerprint.';
  static override examples = ['<%= config.bin %> <%= command.id %> records'];
  static override args = { name: Args.string({ description: 'Name of the identity.', required: true }) };

  async run(): Promise<unknown> {
    const { args } = await this.parse(IdentityShow);
    const { requireIdentity } = await import('../../identities/index.js');
    const session = await this.openSession();
    const identity = await requireIdentity(session, args.name);
    this.print(`Identity     ${identity.name} (${identity.kind})`);
    this.print(`Owner        ${identity.owner}`);
    this.print(`Made         ${session.dayOf(identity.createdAt)}`);
    if (identity.retiredAt !== null) {
      const successor = identity.replacedBy === null ? '' : `, replaced by ${identity.replacedBy}`;
      this.print(`Retired      ${session.dayOf(identity.retiredAt)} by ${identity.retiredBy}${successor}`);
    }
    this.print(`Fingerprint  ${fingerprintText(identity.fingerprint)}`);
    this.print(`\n${identity.publicKey.trimEnd()}`);
    return { ...identityData(identity), public_key: identity.publicKey };
  }
}
