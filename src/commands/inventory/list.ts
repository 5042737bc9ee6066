import { Flags, QuietusCommand, shellWord } from '../../cli/index.js';
import { badInput, classesOf, ITEM_STATES, MEDIA } from '../../model/index.js';
import type { ItemFilter, StoredItem } from '../../store/index.js';

export default class InventoryList extends QuietusCommand {
  static override description = 'List items by id, page by page.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --class payroll --due-before 2026-01-01',
    '<%= config.bin %> <%= command.id %> --location /srv/hr --csv',
    '<%= config.bin %> <%= command.id %> --defects --limit 500 --json',
  ];
  static override flags = {
    class: Flags.string({ description: 'Only this record class.' }),
    subject: Flags.string({ description: 'Only items linked to this person or case.', helpValue: 'ID' }),
    medium: Flags.option({ description: 'Only this medium.', options: MEDIA })(),
    custodian: Flags.string({ description: 'Only this custodian.' }),
    department: Flags.string({ description: 'Only this department.' }),
    state: Flags.option({ description: 'Only this state.', options: ITEM_STATES })(),
    defects: Flags.boolean({ description: 'Only items that have no due date because something is missing.' }),
    conflicts: Flags.boolean({
      description: 'Only items that must be kept longer than they may be kept; the duty to keep wins.',
    }),
    'due-before': Flags.string({
      description: 'Only items whose duty to keep ends before this day.',
      helpValue: 'DATE',
    }),
    location: Flags.string({ description: 'Only locations that begin with this.', helpValue: 'PREFIX' }),
    limit: Flags.integer({ description: 'Items on a page.', default: 50, min: 1, max: 10_000 }),
    after: Flags.string({ description: 'Begin after this id.', helpValue: 'ID' }),
    csv: Flags.boolean({ description: 'Print CSV with every column.', exclusive: ['json'] }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(InventoryList);
    const { filterDate, itemDocument, listItems } = await import('../../inventory/index.js');
    if (flags.csv && this.jsonEnabled())
      throw badInput('flags-conflict', '--csv and --json exclude each other');
    const filter: ItemFilter = {
      ...given('recordClass', flags.class),
      ...given('subject', flags.subject),
      ...given('medium', flags.medium),
      ...given('custodian', flags.custodian),
      ...given('department', flags.department),
      ...given('state', flags.state),
      ...given('locationPrefix', flags.location),
      ...(flags.defects ? { defective: true } : {}),
      ...(flags.conflicts ? { conflicting: true } : {}),
      ...(flags['due-before'] === undefined
        ? {}
        : { dueBefore: filterDate(flags['due-before'], '--due-before') }),
    };
    const page = { limit: flags.limit, ...given('after', flags.after) };
    const { items, next } = await listItems(await this.openSession(), filter, page);
    if (flags.csv) await this.#printCsv(items);
    else if (items.length > 0) this.#printItems(items);
    else this.note('No items match');
    if (next !== null) this.note(`There are more: ${nextCommand(flags, next)}`);
    return { items: items.map(itemDocument), next };
  }

  #printItems(items: readonly StoredItem[]): void {
    this.printTable(items, [
      { head: 'ID', value: (item) => item.id, shrink: false },
      { head: 'TITLE', value: (item) => item.title },
      { head: 'CLASS', value: (item) => classesOf(item).join(', ') },
      { head: 'MEDIUM', value: (item) => item.medium, shrink: false },
      { head: 'KEEP UNTIL', value: dueText },
      { head: 'STATE', value: (item) => item.state, shrink: false },
      { head: 'LOCATION', value: (item) => item.location },
    ]);
  }

  /** Straight to stdout: what is escaped for a terminal would be another text in CSV. */
  async #printCsv(items: readonly StoredItem[]): Promise<void> {
    const { csvLine, itemCells, itemHeader } = await import('../../inventory/index.js');
    const events = [...new Set(items.flatMap((item) => Object.keys(item.events)))].toSorted();
    const own = (item: StoredItem) => [
      item.state,
      item.due.keepUntil ?? '',
      item.due.deleteBy ?? '',
      item.due.defect ?? '',
    ];
    process.stdout.write(csvLine([...itemHeader(events), 'state', 'keep_until', 'delete_by', 'defect']));
    for (const item of items) process.stdout.write(csvLine([...itemCells(item, events), ...own(item)]));
  }
}

function given<Name extends string, Value>(name: Name, value: Value | undefined): { [key in Name]?: Value } {
  return (value === undefined ? {} : { [name]: value }) as { [key in Name]?: Value };
}

function dueText({ due }: StoredItem): string {
  if (due.permanent) return 'for ever';
  if (due.keepUntil !== null) return due.keepUntil;
  return due.defect ?? `waits: ${due.missingTrigger}`;
}

/** The command that prints the next page. */
function nextCommand(
  flags: Readonly<Record<string, string | number | boolean | undefined>>,
  next: string,
): string {
  const words = Object.entries(flags).flatMap(([name, value]) => {
    if (name === 'after' || name === 'json' || value === false || value === undefined) return [];
    if (name === 'limit' && value === 50) return [];
    return value === true ? [`--${name}`] : [`--${name}`, shellWord(String(value))];
  });
  return ['quietus inventory list', ...words, '--after', shellWord(next)].join(' ');
}
