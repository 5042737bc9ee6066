import { Args, printable, QuietusCommand } from '../../cli/index.js';
import { PI_ELEMENT_NAMES } from '../../model/index.js';
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
    const { itemDocument, showItem } = await import('../../inventory/index.js');
    const item = await showItem(await this.openSession(), args.id);
    const lines = factsOf(item).filter(([, value]) => value !== '');
    const width = Math.max(...lines.map(([name]) => name.length));
    for (const [name, value] of lines) this.print(`${name.padEnd(width)}  ${printable(value)}`);
    return itemDocument(item);
  }
}

function factsOf(item: StoredItem): [name: string, value: string][] {
  const { due } = item;
  const text = (value: string | number | null) => (value === null ? '' : String(value));
  return [
    ['id', item.id],
    ['title', item.title],
    ['state', item.state],
    ['class', item.recordClass ?? '(none)'],
    ['medium', item.medium],
    ['location', item.location],
    [
      'personal information',
      item.piElements.map((element) => PI_ELEMENT_NAMES[element]).join(', ') || '(none)',
    ],
    ['data subjects', item.dataSubjects === null ? '(not counted)' : text(item.dataSubjects)],
    ['custodian', text(item.custodian)],
    ['department', text(item.department)],
    ['created', text(item.created)],
    ['modified', text(item.modified)],
    ['closed', text(item.closed)],
    ['last used', text(item.lastUsed)],
    ...Object.entries(item.events).map(([name, date]): [string, string] => [`event ${name}`, date]),
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
