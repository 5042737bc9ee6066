import { Flags, QuietusCommand } from '../../cli/index.js';
import type { GateStatement } from '../../model/index.js';

export default class GateList extends QuietusCommand {
  static override description = 'List the statements about gates that count, and open charges.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --all --json',
  ];
  static override flags = {
    all: Flags.boolean({ description: 'Also those that were withdrawn.' }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(GateList);
    const { listStatements } = await import('../../retention/index.js');
    const statements = await listStatements(await this.openSession(), { withdrawn: flags.all });
    if (statements.length === 0) this.note('There are no statements');
    else {
      this.printTable(statements, [
        { head: 'STATEMENT', value: (each) => each.id, shrink: false },
        { head: 'KIND', value: (each) => each.kind, shrink: false },
        { head: 'ON', value: (each) => each.statedOn, shrink: false },
        { head: 'ABOUT', value: scopesText },
        { head: 'PARTY', value: (each) => each.party ?? '' },
        { head: 'BY', value: (each) => each.statedBy },
        { head: 'REFERENCE', value: (each) => each.reference ?? '' },
        ...(flags.all
          ? [{ head: 'UNTIL', value: (each: GateStatement) => each.withdrawnOn ?? '', shrink: false }]
          : []),
      ]);
    }
    return {
      statements: statements.map((each) => ({
        statement: each.id,
        kind: each.kind,
        party: each.party,
        scopes: each.scopes,
        stated_on: each.statedOn,
        stated_by: each.statedBy,
        reference: each.reference,
        recorded_at: each.recordedAt,
        recorded_by: each.recordedBy,
        withdrawn_on: each.withdrawnOn,
        withdrawn_by: each.withdrawnBy,
      })),
    };
  }
}

function scopesText({ scopes }: GateStatement): string {
  const shown = scopes.slice(0, 3).map(({ kind, value }) => `${kind} ${value}`);
  return scopes.length > 3 ? `${shown.join('; ')}; ${scopes.length - 3} more` : shown.join('; ');
}
