import { counted, Flags, QuietusCommand } from '../../cli/index.js';
import type { Hold, HoldScope } from '../../model/index.js';
import type { HoldReach } from '../../retention/index.js';

export default class HoldPlace extends QuietusCommand {
  static override description =
    'Place a legal hold: while it stands, nothing that it reaches is disposed of, whatever the schedule says. It is in force at once and also reaches what comes into the inventory later. The name of the matter is kept in the database only, never in the log.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --matter "Doe v. Acme" --class payroll --custodian "Jane Doe"',
    '<%= config.bin %> <%= command.id %> --matter "Audit 2026" --location /srv/hr/2024 --reason "Letter of counsel, 3 March"',
    '<%= config.bin %> <%= command.id %> --matter "Doe v. Acme" --item BOX-17 --item BOX-18',
    `<%= config.bin %> <%= command.id %> --matter "Doe v. Acme" --query 'class=payroll custodian="Jane Doe" closed>=2020-01-01'`,
  ];
  static override flags = {
    matter: Flags.string({ description: 'What the hold is for.', required: true, helpValue: 'NAME' }),
    reason: Flags.string({
      description: 'Why it is placed, such as the letter that asks for it.',
      helpValue: 'TEXT',
    }),
    item: Flags.string({ description: 'Hold this item; may be repeated.', multiple: true, helpValue: 'ID' }),
    class: Flags.string({
      description: 'Hold all items of this record class; may be repeated.',
      multiple: true,
      helpValue: 'ID',
    }),
    custodian: Flags.string({
      description: 'Hold all items in the custody of this person; may be repeated.',
      multiple: true,
      helpValue: 'NAME',
    }),
    subject: Flags.string({
      description: 'Hold all items that are linked to this person or case; may be repeated.',
      multiple: true,
      helpValue: 'ID',
    }),
    location: Flags.string({
      description:
        'Hold this file or folder and all below it, or paper and media whose location begins with this text; may be repeated.',
      multiple: true,
      helpValue: 'PATH',
    }),
    query: Flags.string({
      description:
        'Hold all items of which all these conditions are true, such as: class=payroll,tax department=HR closed>=2020-01-01; may be repeated.',
      multiple: true,
      helpValue: 'CONDITIONS',
    }),
    'allow-unknown': Flags.boolean({
      description: 'Accept ids, classes, custodians and subjects that no item has yet.',
    }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(HoldPlace);
    const { holdReach, locationScopes, placeHold, queryScope, requireSubject, sameMatter } = await import(
      '../../retention/index.js'
    );
    const scopes: HoldScope[] = [
      ...(flags.item ?? []).map((value): HoldScope => ({ kind: 'item', value })),
      ...(flags.class ?? []).map((value): HoldScope => ({ kind: 'class', value })),
      ...(flags.custodian ?? []).map((value): HoldScope => ({ kind: 'custodian', value })),
      ...(flags.subject ?? []).map((value): HoldScope => ({ kind: 'subject', value: requireSubject(value) })),
      ...(flags.location ?? []).flatMap((value) => locationScopes(value, process.cwd())),
      ...(flags.query ?? []).map((value) => queryScope(value, process.cwd())),
    ];
    const session = await this.openSession();
    const hold = await placeHold(session, {
      matter: flags.matter,
      reason: flags.reason ?? null,
      scopes,
      allowUnknown: flags['allow-unknown'],
    });
    this.print(`Hold ${hold.id} is in force`);
    const alike = await sameMatter(session, hold);
    if (alike.length > 0) this.note(`note: the matter has other holds in force: ${alike.join(', ')}`);
    const total = await session.store.items.count({});
    const bar = await this.progress(total, 'Inventory');
    const reach = await holdReach(session, hold, {
      onProgress: (seen) => bar.update(seen),
      signal: this.interrupt,
    });
    bar.stop();
    this.#tell(hold, reach);
    return {
      hold: hold.id,
      placed_at: hold.placedAt,
      placed_by: hold.placedBy,
      scopes: hold.scopes,
      items: reach.items,
      due: reach.due,
      claimed: reach.claimed,
      scopes_without_items: reach.idleScopes.map((index) => hold.scopes[index]),
      same_matter: alike,
    };
  }

  #tell(hold: Hold, reach: HoldReach): void {
    this.print(
      `It reaches ${counted(reach.items, 'item')} now, of which ${reach.due} would be due without it`,
    );
    for (const index of reach.idleScopes) {
      const scope = hold.scopes[index];
      if (scope) this.note(`warning: nothing matches now: --${scope.kind} ${scope.value}`);
    }
    if (reach.claimed > 0) {
      this.note(
        `warning: a sweep is disposing of ${reach.claimed} of them at this moment; see: quietus sweep list`,
      );
    }
  }
}
