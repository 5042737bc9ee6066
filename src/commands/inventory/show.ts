import { Args, printable, QuietusCommand } from '../../cli/index.js';
import type { ItemDisposal } from '../../inventory/index.js';
import { classesOf, PI_ELEMENT_NAMES } from '../../model/index.js';
import type { StoredItem } from '../../store/index.js';

export default class InventoryShow extends QuietusCommand {
  static override description = 'Show all that the inventory says of one item, with its due dates.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> HR-2019-07',
    '<%= config.bin %> <%= command.id %> HR-2019-07 --json',
  ];
  static override args = { id: Args.string({ description: 'Id of the item.', required: true }) };

  async run(): Promise<unknown> {
    const { args } = await this.parse(InventoryShow);
    const { itemDisposals, itemDocument, showItem } = await import('../../inventory/index.js');
    const session = await this.openSession();
    const item = await showItem(session, args.id);
    const disposals = await itemDisposals(session, item.id);
    const lines = [...factsOf(item), ...disposals.map(disposalFact)].filter(([, value]) => value !== '');
    const width = Math.max(...lines.map(([name]) => name.length));
    for (const [name, value] of lines) this.print(`${name.padEnd(width)}  ${printable(value)}`);
    return {
      ...itemDocument(item),
      disposals: disposals.map(({ endedAt, ...each }) => ({ ...each, ended_at: endedAt })),
    };
  }
}

function disposalFact({
  outcome,
  run,
  plan,
  endedAt,
  certificate,
}: ItemDisposal): [name: string, value: string] {
  const told = certificate === null ? '' : `, certificate ${certificate}`;
  return ['disposal', `${outcome ?? 'under way'} by ${plan ?? run}${endedAt ? ` on ${endedAt}` : ''}${told}`];
}

function factsOf(item: StoredItem): [name: string, value: string][] {
  const { due } = item;
  const text = (value: string | number | null) => (value === null ? '' : String(value));
  return [
    ['id', item.id],
    ['title', item.title],
    ['state', item.state],
    ['class', classesOf(item).join(', ') || '(none)'],
    ['medium', item.medium],
    ['location', item.location],
    [
      'personal information',
      item.piElements.map((element) => PI_ELEMENT_NAMES[element]).join(', ') || '(none)',
    ],
    ['data subjects', item.dataSubjects === null ? '(not counted)' : text(item.dataSubjects)],
    ['subjects', item.subjects.join(', ')],
    ['custodian', text(item.custodian)],
    ['department', text(item.department)],
    ['created', text(item.created)],
    ['modified', text(item.modified)],
    ['closed', text(item.closed)],
    ['last used', text(item.lastUsed)],
    ...Object.entries(item.events).map(([name, date]): [string, string] => [`event ${name}`, date]),
    ...Object.entries(item.subjectEvents).map(([name, date]): [string, string] => [
      `event ${name}`,
      `${date} (of its ${item.subjects.length === 1 ? 'subject' : 'subjects'})`,
    ]),
    ['copies elsewhere', text(item.copiesElsewhere)],
    ['notes', text(item.notes)],
    ['keep until', due.permanent ? 'for ever' : text(due.keepUntil)],
    ['delete by', text(due.deleteBy)],
    ['defect', text(due.defect)],
    ['waits for', text(due.missingTrigger)],
    [
      'imported',
      item.importedFrom ? `log entry ${item.importedFrom.seq}, line ${item.importedFrom.line}` : '',
    ],
  ];
}
