import { holdGuard } from '../holds/index.js';
import { badInput, EVENT_NAME, type Fault, type InventoryItem, refused } from '../model/index.js';
import type { Session } from '../session/index.js';
import type { StoredItem } from '../store/index.js';
import { closest } from '../workspace/index.js';
import { COLUMNS, EVENT_PREFIX } from './columns.js';
import { dueCalculator, withEvents } from './due.js';
import { earlyDate, TOO_EARLY, touchesDates } from './early-date.js';
import { type Draft, emptyDraft, eventReader, fieldReader, type ReadOptions } from './item-reader.js';
import { changedColumns, itemOf } from './row-reader.js';
import { valueClass } from './value-class.js';
import type { DateFormat } from './written-date.js';

/** What a person says of an item, by the names of the columns (`event:NAME` for events); empty text empties. */
export type ItemTexts = Readonly<Record<string, string>>;

export interface EditOptions {
  base?: string;
  dateFormat?: DateFormat;
  /** Accept days before the item was created. */
  force?: boolean;
}

export interface ItemUpdate {
  before: StoredItem;
  after: StoredItem;
  /** Names of the columns that changed; none where everything was so already. */
  changed: readonly string[];
}

/**
 * Adds one item.
 *
 * @throws Fault `item-invalid` that names every mistake, `date-before-item`, `item-exists`
 */
export async function addItem(
  session: Session,
  texts: ItemTexts,
  options: EditOptions = {},
): Promise<StoredItem> {
  const read = readItem(
    texts,
    emptyDraft(),
    options,
    COLUMNS.filter(({ required }) => required).map(({ name }) => name),
  );
  refuseEarlyDate(read, options);
  return await session.store.transaction(async (transaction) => {
    const item = await withEvents(transaction, read);
    const due = (await dueCalculator(session, transaction))(item);
    const insert = await transaction.items.bulkInsert();
    const inserted = await insert.insert([{ item, due, source: null }]);
    await insert.close();
    if (inserted === 0) {
      throw badInput('item-exists', `There is an item ${item.id} in the inventory`, {
        hint: `See it with: quietus inventory show ${item.id}; an id is used once, also after disposal`,
        details: { id: item.id },
      });
    }
    await session.recorder.append(transaction, {
      action: 'inventory.add',
      outcome: 'done',
      subject: { item: item.id },
      data: { defect: due.defect },
    });
    return stored(await transaction.items.get(item.id));
  });
}

/**
 * Changes what the inventory says of one item, and its due dates with it. Where nothing changes, nothing is
 * logged.
 *
 * @throws Fault `item-invalid`, `date-before-item`, `item-unknown`, `item-claimed`, `item-disposed` or `hold-would-be-lost` (exit 4)
 */
export async function updateItem(
  session: Session,
  id: string,
  texts: ItemTexts,
  options: EditOptions = {},
): Promise<ItemUpdate> {
  return await session.store.transaction(async (transaction) => {
    const before = await transaction.items.get(id);
    if (before === undefined) throw unknownItem(id);
    refuseFixed(before);
    const { id: _, ...others } = texts;
    const read = readItem(others, { ...itemOf(before) }, options, []);
    const item = await withEvents(transaction, read);
    const changed = changedColumns(before, item);
    if (changed.length === 0) return { before, after: before, changed };
    if (touchesDates(changed)) refuseEarlyDate(item, options);
    refuseLostHolds(id, (await holdGuard(transaction, session.today()))(before, item));
    await transaction.items.update(item, (await dueCalculator(session, transaction))(item));
    await session.recorder.append(transaction, {
      action: 'inventory.update',
      outcome: 'done',
      subject: { item: id },
      data: { changed },
    });
    return { before, after: stored(await transaction.items.get(id)), changed };
  });
}

function refuseEarlyDate(item: InventoryItem, { force = false }: EditOptions): void {
  const column = force ? undefined : earlyDate(item);
  if (column === undefined) return;
  const { reason, hint } = TOO_EARLY;
  throw badInput('date-before-item', `${column} ${reason}`, { hint, details: { column } });
}

function refuseLostHolds(id: string, lost: readonly string[]): void {
  if (lost.length === 0) return;
  throw refused(
    'hold-would-be-lost',
    `The change would take ${id} out of the legal hold ${lost.join(', ')}`,
    {
      hint: 'A hold ends by its release and its cooling-off period. If the inventory is wrong, place a hold on the item itself first: quietus hold place --item',
      details: { id, holds: lost },
    },
  );
}

/** @throws Fault `item-unknown` */
export async function showItem(session: Session, id: string): Promise<StoredItem> {
  const item = await session.store.items.get(id);
  if (item === undefined) throw unknownItem(id);
  return item;
}

function readItem(
  texts: ItemTexts,
  draft: Draft,
  options: EditOptions,
  required: readonly string[],
): InventoryItem {
  const read: ReadOptions = { base: options.base, dateFormat: options.dateFormat ?? 'iso', csv: false };
  const problems: string[] = [];
  const given = new Map(Object.entries(texts));
  // A new medium changes what a location is, so the location is read again under it.
  if (given.has('medium') && !given.has('location') && draft.location !== '')
    given.set('location', draft.location);
  for (const { name, field } of COLUMNS) {
    const text = given.get(name) ?? (required.includes(name) ? '' : undefined);
    given.delete(name);
    if (text === undefined) continue;
    const mistake = fieldReader(field, read)(draft, text);
    if (mistake !== undefined) problems.push(problemText(name, text, mistake));
  }
  for (const [name, text] of given) {
    const event = name.startsWith(EVENT_PREFIX) ? name.slice(EVENT_PREFIX.length) : '';
    if (!EVENT_NAME.test(event) || isDateColumn(event)) {
      problems.push(
        `${event === '' ? name : EVENT_PREFIX} names no event: use lower-case letters, digits and hyphens`,
      );
      continue;
    }
    const { [event]: _, ...others } = draft.events;
    draft.events = others;
    const mistake = eventReader(event, read)(draft, text);
    if (mistake !== undefined) problems.push(problemText(name, text, mistake));
  }
  if (problems.length > 0) {
    throw badInput(
      'item-invalid',
      `The item is not right:${problems.map((problem) => `\n  ${problem}`).join('')}`,
      {
        details: { problems },
      },
    );
  }
  return draft;
}

function isDateColumn(event: string): boolean {
  return closest(event, ['created', 'modified', 'closed', 'last-used']) === event;
}

function problemText(name: string, text: string, mistake: { reason: string; hint: string | null }): string {
  const hint = mistake.hint === null ? '' : `. ${mistake.hint}`;
  const kind = text === '' ? '' : ` (${valueClass(text)})`;
  return `${name} ${mistake.reason}${kind}${hint}`;
}

function refuseFixed(item: StoredItem): void {
  if (item.state === 'claimed') {
    throw refused('item-claimed', `A sweep is disposing of the item ${item.id}; it cannot be changed`, {
      hint: 'Finish the run with: quietus sweep run',
      details: { id: item.id },
    });
  }
  if (item.state === 'disposed') {
    throw refused('item-disposed', `The item ${item.id} was disposed of; what is recorded of it stays`, {
      details: { id: item.id },
    });
  }
}

function unknownItem(id: string): Fault {
  const known = /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$/.test(id);
  return badInput('item-unknown', `There is no item ${known ? id : 'with that id'} in the inventory`, {
    hint: 'List the items with: quietus inventory list',
  });
}

function stored(item: StoredItem | undefined): StoredItem {
  if (item === undefined) throw new Error('An item that was just written is not there');
  return item;
}
