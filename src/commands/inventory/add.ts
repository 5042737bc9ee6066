import { Args, Flags, QuietusCommand } from '../../cli/index.js';
import { MEDIA, PI_ELEMENTS } from '../../model/index.js';

/** What a person says of an item; the same for `inventory update`. */
export const ITEM_FLAGS = {
  title: Flags.string({ description: 'What the records are.' }),
  class: Flags.string({ description: 'Id of the record class in the schedule.' }),
  medium: Flags.string({ description: `What holds them: ${MEDIA.join(', ')}.` }),
  location: Flags.string({ description: 'Path of the file or folder; for other media, where to find it.' }),
  pi: Flags.string({
    description: `Element of personal information; may be repeated: ${PI_ELEMENTS.join(', ')}.`,
    multiple: true,
  }),
  subjects: Flags.string({ description: 'Number of people whom the information is about.' }),
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
  'date-format': Flags.option({
    description: 'How dates are written: iso (YYYY-MM-DD), or mdy (M/D/YYYY too).',
    options: ['iso', 'mdy'] as const,
    default: 'iso',
  })(),
};

type ItemFlags = { readonly [Name in keyof typeof ITEM_FLAGS]?: string | string[] | undefined };

/** Flags by the names of the columns that they fill. */
const COLUMN_OF_FLAG: Readonly<Record<string, string>> = {
  pi: 'pi_elements',
  subjects: 'data_subjects',
  'last-used': 'last_used',
  'copies-elsewhere': 'copies_elsewhere',
};

/** The texts that were given, by the names of the columns. */
export function itemTexts(flags: ItemFlags): Record<string, string> {
  const { base: _base, 'date-format': _format, event = [], ...columns } = flags;
  const texts: Record<string, string> = {};
  for (const [flag, value] of Object.entries(columns)) {
    if (typeof value === 'string') texts[COLUMN_OF_FLAG[flag] ?? flag] = value;
    else if (Array.isArray(value)) texts[COLUMN_OF_FLAG[flag] ?? flag] = value.join(';');
  }
  for (const each of event) {
    const [name = '', ...date] = each.split('=');
    texts[`event:${name.trim()}`] = date.join('=');
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
      },
    );
    this.print(`Added ${item.id}`);
    if (item.due.keepUntil !== null) this.print(`It is kept until ${item.due.keepUntil}`);
    if (item.due.defect !== null) this.note(`It has no due date yet, so it is kept: ${item.due.defect}`);
    return itemDocument(item);
  }
}
