import { Flags, QuietusCommand } from '../../cli/index.js';
import { operatorState } from '../../model/index.js';

export default class OperatorList extends QuietusCommand {
  static override description =
    'List the operators, with the account and the fingerprint of the key of each. A fingerprint is the SHA-256 of the public key file, as sha256sum computes it.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --all --json',
  ];
  static override flags = {
    all: Flags.boolean({ description: 'Also list operators who were deactivated.' }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(OperatorList);
    const { sha256 } = await import('../../crypto/index.js');
    const session = await this.openSession();
    const operators = (await session.store.operators.list())
      .map((operator) => ({
        ...operator,
        state: operatorState(operator),
        fingerprint: operator.publicKey === '' ? null : sha256(operator.publicKey),
      }))
      .filter(({ state }) => flags.all || state !== 'deactivated');
    this.printTable(operators, [
      { head: 'OPERATOR', value: ({ id }) => id, shrink: false },
      { head: 'NAME', value: ({ name }) => name },
      { head: 'ACCOUNT', value: ({ account, accountUid }) => `${account} (${accountUid})` },
      { head: 'STATE', value: ({ state }) => state, shrink: false },
      { head: 'SINCE', value: (each) => session.dayOf(each.deactivatedAt ?? each.createdAt), shrink: false },
      { head: 'KEY', value: ({ fingerprint }) => fingerprint?.slice(0, 16) ?? '', shrink: false },
    ]);
    return {
      operators: operators.map((each) => ({
        operator: each.id,
        name: each.name,
        account: each.account,
        account_uid: each.accountUid,
        state: each.state,
        created_at: each.createdAt,
        deactivated_at: each.deactivatedAt,
        public_key_sha256: each.fingerprint,
      })),
    };
  }
}
