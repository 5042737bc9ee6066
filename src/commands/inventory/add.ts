import { Args, Flags, QuietusCommand } from '../../cli/index.js';
import { badInput, MEDIA, PI_ELEMENTS } from '../../model/index.js';

/** What a person says of an item; the same for `inventory update`. */
export const ITEM_FLAGS = {
  title: Flags.string({ description: 'What the records are.' }),
  class: Flags.string({
    description: 'Id of the record class in the schedule; may be repeated.',
    multiple: true,
  }),
  medium: Flags.string({ description: `What holds them: ${MEDIA.join(', ')}.` }),
  location: Flags.string({ description: 'Path of the file or folder; for other media, where to find it.' }),
  pi: Flags.string({
    description: `Element of personal information; may be repeated: ${PI_ELEMENTS.join(', ')}.`,
    multiple: true,
  }),
  subjects: Flags.string({ description: 'Number of people whom the information is about.' }),
  subject: Flags.string({
    description: 'Opaque id of a person or case that the records are about, never a name; may be repeated.',
    helpValue: 'ID',
    multiple: true,
  }),
  custodian: Flags.string({ description: 'Who answers for the records.' }),
  department: Flags.string({ description: 'Department that holds them.' }),
  created: Flags.string({ description: 'Day of creation.', helpValue: 'DATE' }),
  modified: Flags.string({ description: 'Day of the last change.', helpValue: 'DATE' }),
  closed: Flags.string({ description: 'Day on which the matter was closed.', helpValue: 'DATE' }),
  'last-used': Flags.string({ description: 'Day of the last use.', helpValue: 'DATE' }),
  event: Flags.string({
    description: 'Day of a named event, such as termination=2026-03-31; may be repeated.',
    helpValue: 'NAME=DATE',
    multiple: true,
  }),
  'copies-elsewhere': Flags.string({ description: 'Where else there are copies.' }),
  notes: Flags.string({ description: 'Anything else.' }),
  base: Flags.string({
    description: 'Folder from which a relative location starts. Default: this folder.',
    helpValue: 'DIR',
  }),
  force: Flags.boolean({ description: 'Accept days before the item was created.' }),
  'date-format': Flags.option({
    description: 'How dates are written: iso (YYYY-MM-DD), or mdy (M/D/YYYY too).',
    options: ['iso', 'mdy'] as const,
    default: 'iso',
  })(),
};

type ItemFlags = { readonly event?: string[] | undefined } & {
  readonly [Name in keyof typeof ITEM_FLAGS]?: string | string[] | boolean | undefined;
};

/** Flags by the names of the columns that they fill. */
const COLUMN_OF_FLAG: Readonly<Record<string, string>> = {
  pi: 'pi_elements',
  subjects: 'data_subjects',
  subject: 'subjects',
  'last-used': 'last_used',
  'copies-elsewhere': 'copies_elsewhere',
};

/**
 * The texts that were given, by the names of the columns. Only the flags of an item count: those of every command,
 * such as --workspace, come in the same bag.
 *
 * @throws Fault `event-invalid` for an event without a `=`: only `NAME=` empties one
 */
export function itemTexts(flags: ItemFlags): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const flag of Object.keys(ITEM_FLAGS) as (keyof typeof ITEM_FLAGS)[]) {
    if (flag === 'base' || flag === 'date-format' || flag === 'event' || flag === 'force') continue;
    const value = flags[flag];
    if (typeof value === 'string') texts[COLUMN_OF_FLAG[flag] ?? flag] = value;
    else if (Array.isArray(value)) texts[COLUMN_OF_FLAG[flag] ?? flag] = value.join(';');
  }
  for (const each of flags.event ?? []) {
    const at = each.indexOf('=');
    if (at < 1) {
      throw badInput('event-invalid', 'An event is written NAME=DATE', {
        hint: 'Write it as in --event termination=2026-03-31; --event termination= takes the date away',
      });
    }
    texts[`event:${each.slice(0, at).trim()}`] = each.slice(at + 1);
  }
  return texts;
}

export default class InventoryAdd extends QuietusCommand {
  static override description = 'Add one item to the inventory.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> HR-2019-07 --title "Payroll register, July 2019" --class payroll --medium file --location /srv/hr/payroll-2019-07.csv --pi ssn --pi financial_account --closed 2019-07-31',
    '<%= config.bin %> <%= command.id %> BOX-114 --title "I-9 forms A-D" --class form-i9 --medium paper --location "Room 12, shelf 4" --pi ssn --event termination=2026-03-31',
  ];
  static override args = {
    id: Args.string({ description: 'Id of your own; letters, digits and . _ : / -', required: true }),
  };
  static override flags = ITEM_FLAGS;

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(InventoryAdd);
    const { addItem, baseFolder, itemDocument } = await import('../../inventory/index.js');
    const session = await this.openSession();
    const item = await addItem(
      session,
      { ...itemTexts(flags), id: args.id },
      {
        base: baseFolder(flags.base ?? process.cwd()),
        dateFormat: flags['date-format'],
        force: flags.force,
      },
    );
    this.print(`Added ${item.id}`);
    if (item.due.keepUntil !== null) this.print(`It is kept until ${item.due.keepUntil}`);
    if (item.due.defect !== null) this.note(`It has no due date yet, so it is kept: ${item.due.defect}`);
    return itemDocument(item);
  }
}
