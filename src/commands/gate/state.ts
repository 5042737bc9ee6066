import { Flags, QuietusCommand } from '../../cli/index.js';
import { STATEMENT_KINDS, type StatementScope } from '../../model/index.js';

export default class GateState extends QuietusCommand {
  static override description =
    'Record a dated statement of a person about a gate: that a notice was given, a permission was received, no charge is open, copies elsewhere were checked; or that a charge is open, which keeps what it reaches until it is withdrawn. The name is kept in the database only, never in the log.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --kind notice --class hospital-record --on 2026-03-01 --by "Dana Reyes"',
    '<%= config.bin %> <%= command.id %> --kind permission --item BOX-17 --on 2026-02-11 --by "Dana Reyes" --reference "RCB 2026-114"',
    '<%= config.bin %> <%= command.id %> --kind open-charge --subject EMP-1042 --on 2026-03-01 --by "Dana Reyes"',
  ];
  static override flags = {
    kind: Flags.option({ description: 'What is stated.', options: STATEMENT_KINDS, required: true })(),
    item: Flags.string({ description: 'About this item; may be repeated.', multiple: true, helpValue: 'ID' }),
    class: Flags.string({
      description:
        'About the items of this record class; may be repeated. A notice or permission covers those whose duty to keep had ended on the day.',
      multiple: true,
      helpValue: 'ID',
    }),
    subject: Flags.string({
      description: 'About the items of this person or case, in the same way; may be repeated.',
      multiple: true,
      helpValue: 'ID',
    }),
    on: Flags.string({
      description: 'Day of the notice, letter or check.',
      helpValue: 'DATE',
      required: true,
    }),
    by: Flags.string({ description: 'Who states it.', helpValue: 'NAME', required: true }),
    reference: Flags.string({
      description: 'Such as the number of the letter; a permission needs it.',
      helpValue: 'TEXT',
    }),
    party: Flags.string({
      description: 'Recipient of the notice or authority, where the schedule names several.',
      helpValue: 'NAME',
    }),
    'allow-unknown': Flags.boolean({ description: 'Accept subjects that no item has yet.' }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(GateState);
    const { parseDay, stateGate } = await import('../../retention/index.js');
    const scopesOf = (kind: StatementScope['kind'], values: readonly string[] = []): StatementScope[] =>
      values.map((value) => ({ kind, value }));
    const statement = await stateGate(await this.openSession(), {
      kind: flags.kind,
      scopes: [
        ...scopesOf('item', flags.item),
        ...scopesOf('class', flags.class),
        ...scopesOf('subject', flags.subject),
      ],
      statedOn: parseDay(flags.on, '--on'),
      statedBy: flags.by,
      reference: flags.reference ?? null,
      party: flags.party ?? null,
      allowUnknown: flags['allow-unknown'],
    });
    const party = statement.party === null ? '' : ` (${statement.party})`;
    this.print(`Recorded ${statement.id}: ${statement.kind}${party} of ${statement.statedOn}`);
    return {
      statement: statement.id,
      kind: statement.kind,
      party: statement.party,
      stated_on: statement.statedOn,
      scopes: statement.scopes,
    };
  }
}
