import {
  badInput,
  type CalendarDate,
  type ContentPlace,
  classesOf,
  type InventoryItem,
  MEDIA,
  PI_ELEMENTS,
  parseCalendarDate,
} from '../model/index.js';
import { foldedName } from './hold-index.js';
import { compileLocations } from './hold-locations.js';

/** What of an item a query looks at. */
export interface QueriedItem extends QueriedColumns {
  /** The inventory does not have it: of what is empty nobody knows anything. */
  uninventoried?: boolean;
  /** Where the content of an archived item lay. */
  archivedFrom?: ContentPlace;
}

type QueriedColumns = Pick<
  InventoryItem,
  | 'title'
  | 'recordClass'
  | 'otherClasses'
  | 'subjects'
  | 'custodian'
  | 'department'
  | 'medium'
  | 'location'
  | 'piElements'
  | 'created'
  | 'modified'
  | 'closed'
  | 'lastUsed'
>;

const DATES = {
  created: 'created',
  modified: 'modified',
  closed: 'closed',
  'last-used': 'lastUsed',
} as const;
const VALUES = ['class', 'custodian', 'department', 'subject', 'medium', 'pi', 'location', 'title'] as const;
type DateField = keyof typeof DATES;
type ValueField = (typeof VALUES)[number];

/** One condition: a date in a range, or a field that is one of the values. */
export type HoldCondition =
  | { field: DateField; operator: '=' | '<' | '<=' | '>' | '>='; value: CalendarDate }
  | { field: ValueField; operator: '='; values: readonly string[] };

/** How the values of a query are written. */
export interface QuerySpelling {
  condition: RegExp;
  /** Finds one value after the other: its first group is what stands between quotes. */
  value: RegExp;
  /** What the text between quotes means. */
  quoted: (text: string) => string;
  /** What a value without quotes means. @throws where none can be written like that */
  bare: (text: string) => string;
}

/** @param quoted source of a regular expression for what can stand between two double quotes */
export function querySpelling(quoted: string, read: Pick<QuerySpelling, 'quoted' | 'bare'>): QuerySpelling {
  const value = `(?:"(?:${quoted})"|[^\\s,"]+)`;
  return {
    condition: new RegExp(`\\s*([a-z-]+)\\s*(<=|>=|=|<|>)\\s*(${value}(?:\\s*,\\s*${value})*)(?=\\s|$)`, 'y'),
    value: new RegExp(`"(${quoted})"|[^\\s,"]+`, 'g'),
    ...read,
  };
}

const STORED = querySpelling('(?:[^"]|"")*', {
  quoted: (text) => text.replaceAll('""', '"'),
  bare: (text) => text,
});

/**
 * Reads the query of a hold as it is stored: conditions that must all be true, such as
 * `class=payroll,tax custodian="Jane Doe" closed>=2020-01-01`. Values of one condition are separated by commas, and any
 * of them will do; what has spaces, commas or quotes stands in double quotes, and a quote within them is written twice.
 *
 * @param spelling how values are written, where it is not as they are stored
 * @throws Fault `hold-query-invalid` (exit 2) that says where
 */
export function parseHoldQuery(text: string, spelling: QuerySpelling = STORED): readonly HoldCondition[] {
  const conditions: HoldCondition[] = [];
  const { condition: pattern } = spelling;
  const end = text.trimEnd().length;
  if (end === 0) throw invalidQuery('it is empty, and would say nothing of what is held');
  for (let at = 0; at < end; at = pattern.lastIndex) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) throw invalidQuery(`at character ${at + 1} no condition begins`);
    const [, field = '', operator = '', list = ''] = match;
    const values = [...list.matchAll(spelling.value)].map(([all, quoted]) =>
      (quoted === undefined ? spelling.bare(all) : spelling.quoted(quoted)).trim(),
    );
    conditions.push(condition(field, operator, values));
  }
  return conditions;
}

/** Whether a text is a query that {@link parseHoldQuery} reads. */
export function isHoldQuery(text: string): boolean {
  try {
    parseHoldQuery(text);
    return true;
  } catch {
    return false;
  }
}

const EXAMPLE =
  'Write conditions that must all be true, such as: class=payroll custodian="Jane Doe" closed>=2020-01-01';

/** The same query as everybody would write it: what is stored, compared and shown. */
export function holdQueryText(conditions: readonly HoldCondition[]): string {
  return conditions
    .map((each) => {
      const values = 'value' in each ? [each.value] : each.values;
      const written = values.map((value) =>
        /^[^\s,"]+$/.test(value) ? value : `"${value.replaceAll('"', '""')}"`,
      );
      return `${each.field}${each.operator}${written.join(',')}`;
    })
    .join(' ');
}

/**
 * Whether a query reaches an item: all of its conditions are true. Names, places and titles are compared as scopes
 * compare them; `title` looks for the text anywhere in it.
 * An archived item is also what it was, and where, before it was archived. A date that nobody has entered lies in every range, because
 * in doubt a hold reaches more. For the same reason what lies in a place that the query names and is not in the inventory
 * meets each condition about which nothing is known of it.
 */
export function compileHoldQuery(conditions: readonly HoldCondition[]): (item: QueriedItem) => boolean {
  const tests = conditions.map(testOf);
  const inDoubt = conditions.map(
    (each, at) => (item: QueriedItem) => isUnknown(each, item) || tests[at]?.(item),
  );
  const placed = conditions.some(({ field }) => field === 'location');
  return (item) => {
    const { archivedFrom } = item;
    if (item.uninventoried && placed) return inDoubt.every((test) => test(item));
    if (archivedFrom === undefined) return tests.every((test) => test(item));
    const before = { ...item, ...archivedFrom };
    return tests.every((test) => test(item) || test(before));
  };
}

/** A folder that is not in the inventory holds whatever it holds. */
function isUnknown({ field }: HoldCondition, item: QueriedItem): boolean {
  if (field === 'location' || field in DATES) return false;
  if (field === 'medium') return item.medium === 'folder';
  if (field === 'title') return item.title === '';
  return READ[field as keyof typeof READ](item).length === 0;
}

function condition(field: string, operator: string, values: readonly string[]): HoldCondition {
  if (values.some((value) => value === '')) throw invalidQuery(`${field} has an empty value`);
  if (field in DATES) {
    const date = values.length === 1 ? parseCalendarDate(values[0] ?? '') : undefined;
    if (date === undefined) throw invalidQuery(`${field} is compared with one day, YYYY-MM-DD`);
    return { field: field as DateField, operator: operator as '=', value: date };
  }
  if (!(VALUES as readonly string[]).includes(field)) {
    throw invalidQuery(`there is no field ${field}; it has ${[...VALUES, ...Object.keys(DATES)].join(', ')}`);
  }
  if (operator !== '=') throw invalidQuery(`${field} is compared with =`);
  const known: Partial<Record<string, readonly string[]>> = { medium: MEDIA, pi: PI_ELEMENTS };
  const wrong = values.find((value) => known[field]?.includes(value) === false);
  if (wrong !== undefined) throw invalidQuery(`${field} is one of ${known[field]?.join(', ')}`);
  return { field: field as ValueField, operator, values };
}

function testOf(condition: HoldCondition): (item: QueriedItem) => boolean {
  if ('value' in condition) {
    const { operator, value } = condition;
    const field = DATES[condition.field];
    return (item) => {
      const date = item[field];
      return date === null || COMPARE[operator](date, value);
    };
  }
  const { field, values } = condition;
  if (field === 'location') {
    const reach = compileLocations(values.map((value) => [value, value]));
    return (item) => {
      const found = new Set<string>();
      reach(item, found);
      return found.size > 0;
    };
  }
  const folded = FOLDED.has(field);
  const wanted = new Set(folded ? values.map(foldedName) : values);
  if (field === 'title') {
    const parts = [...wanted];
    return (item) => parts.some((part) => foldedName(item.title).includes(part));
  }
  return (item) => READ[field](item).some((value) => wanted.has(folded ? foldedName(value) : value));
}

const COMPARE = {
  '=': (a: string, b: string) => a === b,
  '<': (a: string, b: string) => a < b,
  '<=': (a: string, b: string) => a <= b,
  '>': (a: string, b: string) => a > b,
  '>=': (a: string, b: string) => a >= b,
} as const;

const FOLDED: ReadonlySet<ValueField> = new Set(['custodian', 'department', 'title']);

const READ: Readonly<
  Record<Exclude<ValueField, 'location' | 'title'>, (item: QueriedItem) => readonly string[]>
> = {
  class: classesOf,
  subject: ({ subjects }) => subjects,
  medium: ({ medium }) => [medium],
  pi: ({ piElements }) => piElements,
  custodian: ({ custodian }) => (custodian === null ? [] : [custodian]),
  department: ({ department }) => (department === null ? [] : [department]),
};

export function invalidQuery(what: string, hint = EXAMPLE): Error {
  return badInput('hold-query-invalid', `The query of the hold cannot be read: ${what}`, {
    hint,
  });
}
