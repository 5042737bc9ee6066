import { Args, QuietusCommand } from '../../cli/index.js';
import type { StoredItem } from '../../store/index.js';
import { ITEM_FLAGS, itemTexts } from './add.js';

export default class InventoryUpdate extends QuietusCommand {
  static override description =
    'Change what the inventory says of one item. Its due dates follow; an empty value empties.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> HR-2019-07 --closed 2019-08-15',
    '<%= config.bin %> <%= command.id %> BOX-114 --location "Off-site store, aisle 9" --event termination=2026-03-31',
    '<%= config.bin %> <%= command.id %> BOX-114 --notes ""',
  ];
  static override args = { id: Args.string({ description: 'Id of the item.', required: true }) };
  static override flags = ITEM_FLAGS;

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(InventoryUpdate);
    const { baseFolder, itemCells, itemDocument, itemHeader, updateItem } = await import(
      '../../inventory/index.js'
    );
    const session = await this.openSession();
    const { before, after, changed } = await updateItem(session, args.id, itemTexts(flags), {
      base: baseFolder(flags.base ?? process.cwd()),
      dateFormat: flags['date-format'],
      force: flags.force,
    });
    if (changed.length === 0) this.print(`Nothing changed: ${after.id} is so already`);
    else {
      this.print(`Changed ${after.id}`);
      const events = changed.flatMap((name) =>
        name.startsWith('event:') ? [name.slice('event:'.length)] : [],
      );
      const [header, old, now] = [itemHeader(events), itemCells(before, events), itemCells(after, events)];
      const rows = changed.map((column) => {
        const at = header.indexOf(column);
        return { column, from: old[at], to: now[at] };
      });
      this.printTable(rows, [
        { head: 'COLUMN', value: (row) => row.column, shrink: false },
        { head: 'BEFORE', value: (row) => row.from },
        { head: 'NOW', value: (row) => row.to },
      ]);
      this.#printDue(before, after);
    }
    return { changed, item: itemDocument(after) };
  }

  #printDue(before: StoredItem, after: StoredItem): void {
    const [old, now] = [dueText(before), dueText(after)];
    if (old !== now) this.print(`Due date before: ${old}; now: ${now}`);
    else if (after.due.defect !== null)
      this.note(`It has no due date yet, so it is kept: ${after.due.defect}`);
  }
}

function dueText({ due }: StoredItem): string {
  if (due.permanent) return 'kept for ever';
  if (due.keepUntil !== null) return `kept until ${due.keepUntil}`;
  return due.defect === null ? `waits for ${due.missingTrigger}` : `none (${due.defect})`;
}
