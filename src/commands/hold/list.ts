import { Flags, QuietusCommand } from '../../cli/index.js';
import type { Hold } from '../../model/index.js';

export default class HoldList extends QuietusCommand {
  static override description = 'List the legal holds in force, the oldest first.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --all --json',
  ];
  static override flags = {
    all: Flags.boolean({ description: 'Also list the holds that were released.' }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(HoldList);
    const { listHolds } = await import('../../retention/index.js');
    const session = await this.openSession();
    const holds = await listHolds(session, { released: flags.all });
    if (holds.length === 0) this.note(flags.all ? 'There are no holds' : 'There are no holds in force');
    else {
      this.printTable(holds, [
        { head: 'HOLD', value: (hold) => hold.id, shrink: false },
        { head: 'MATTER', value: (hold) => hold.matter },
        { head: 'REACHES', value: scopesText },
        { head: 'PLACED', value: (hold) => session.dayOf(hold.placedAt), shrink: false },
        { head: 'BY', value: (hold) => hold.placedBy },
        ...(flags.all
          ? [
              {
                head: 'RELEASED',
                value: (hold: Hold) => (hold.releasedAt ? session.dayOf(hold.releasedAt) : ''),
                shrink: false,
              },
              { head: 'LEFT ALONE UNTIL', value: (hold: Hold) => hold.coolingOffUntil ?? '', shrink: false },
            ]
          : []),
      ]);
    }
    return {
      holds: holds.map((hold) => ({
        hold: hold.id,
        matter: hold.matter,
        reason: hold.reason,
        scopes: hold.scopes,
        placed_at: hold.placedAt,
        placed_by: hold.placedBy,
        released_at: hold.releasedAt,
        released_by: hold.releasedBy,
        release_reason: hold.releaseReason,
        cooling_off_until: hold.coolingOffUntil,
      })),
    };
  }
}

/** Scopes on one line; a long list of items is counted. */
function scopesText(hold: Hold): string {
  const items = hold.scopes.filter((scope) => scope.kind === 'item');
  const shown = items.length > 3 ? hold.scopes.filter((scope) => scope.kind !== 'item') : hold.scopes;
  const texts = shown.map((scope) => `${scope.kind} ${scope.value}`);
  if (items.length > 3) texts.push(`${items.length} items`);
  return texts.join('; ');
}
