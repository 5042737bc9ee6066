import type {
  CalendarDate,
  ContentPlace,
  DueDates,
  DueDefect,
  EventDates,
  InventoryItem,
  ItemState,
  Medium,
  PiElement,
} from '../../model/index.js';

/** What is written of an item: what a person says, and the events of its subjects. */
export interface WrittenItem extends InventoryItem {
  /** Events that are recorded for all of its subjects, with the latest day; none where it is left out. */
  subjectEvents?: EventDates;
}

/** An inventory item as it is stored: with its state and both clocks. */
export interface StoredItem extends WrittenItem {
  subjectEvents: EventDates;
  state: ItemState;
  due: DueDates;
  /** Null where a person wrote it, with `add` or `update`. */
  importedFrom: ImportSource | null;
  /** Where the content of an archived item lay; what reaches that place reaches the item. */
  archivedFrom?: ContentPlace;
}

/** Order of the values that bulk inserts bind. */
export const ITEM_COLUMNS = [
  'id',
  'title',
  'record_class',
  'medium',
  'location',
  'pi_elements',
  'data_subjects',
  'custodian',
  'department',
  'created',
  'modified',
  'closed',
  'last_used',
  'events',
  'copies_elsewhere',
  'notes',
  'state',
  'keep_until',
  'delete_by',
  'permanent',
  'due_defect',
  'missing_trigger',
  'import_seq',
  'import_line',
  'links',
] as const;

/** Columns that no update of an item touches: its key, and where it is in its life. */
const FIXED: readonly string[] = ['id', 'state'];

/** Columns that hold what a person says of the item and what follows from it. */
export const CHANGING_COLUMNS = ITEM_COLUMNS.filter((column) => !FIXED.includes(column));

/** The import that last wrote an item: number of its log entry, and the line of its file. */
export interface ImportSource {
  seq: number;
  line: number;
}

type Column = (typeof ITEM_COLUMNS)[number];
type Value = string | number | null;
export type ItemRow = Record<Column, Value>;

export function itemValues(item: WrittenItem, due: DueDates, source: ImportSource | null): Value[] {
  return [
    item.id,
    item.title,
    item.recordClass,
    item.medium,
    item.location,
    item.piElements.join(','),
    item.dataSubjects,
    item.custodian,
    item.department,
    item.created,
    item.modified,
    item.closed,
    item.lastUsed,
    eventsText(item.events),
    item.copiesElsewhere,
    item.notes,
    'active',
    due.keepUntil,
    due.deleteBy,
    due.permanent ? 1 : 0,
    due.defect,
    due.missingTrigger,
    source?.seq ?? null,
    source?.line ?? null,
    linksText(item),
  ];
}

interface Links {
  classes: readonly string[];
  subjects: readonly string[];
  events: EventDates;
}

const NO_LINKS: Links = { classes: [], subjects: [], events: {} };

function linksText({ otherClasses, subjects, subjectEvents }: WrittenItem): string | null {
  if (otherClasses.length === 0 && subjects.length === 0) return null;
  return JSON.stringify({ classes: otherClasses, subjects, events: subjectEvents ?? {} } satisfies Links);
}

/** Sorted, so that equal events are equal text. */
function eventsText(events: InventoryItem['events']): string {
  const names = Object.keys(events);
  if (names.length === 0) return '{}';
  return JSON.stringify(Object.fromEntries(names.toSorted().map((name) => [name, events[name]])));
}

export function storedItem(row: ItemRow): StoredItem {
  const links = row.links === null ? NO_LINKS : (JSON.parse(String(row.links)) as Links);
  const elements = String(row.pi_elements);
  return {
    id: String(row.id),
    title: String(row.title),
    recordClass: textOrNull(row.record_class),
    otherClasses: links.classes,
    medium: row.medium as Medium,
    location: String(row.location),
    piElements: elements === '' ? [] : (elements.split(',') as PiElement[]),
    dataSubjects: row.data_subjects === null ? null : Number(row.data_subjects),
    subjects: links.subjects,
    custodian: textOrNull(row.custodian),
    department: textOrNull(row.department),
    created: dateOrNull(row.created),
    modified: dateOrNull(row.modified),
    closed: dateOrNull(row.closed),
    lastUsed: dateOrNull(row.last_used),
    events: row.events === '{}' ? {} : (JSON.parse(String(row.events)) as Record<string, CalendarDate>),
    copiesElsewhere: textOrNull(row.copies_elsewhere),
    notes: textOrNull(row.notes),
    subjectEvents: links.events,
    state: row.state as ItemState,
    due: storedDue(row),
    importedFrom: importSource(row),
  };
}

function importSource(row: ItemRow): ImportSource | null {
  if (row.import_seq === null || row.import_line === null) return null;
  return { seq: Number(row.import_seq), line: Number(row.import_line) };
}

function storedDue(row: ItemRow): DueDates {
  return {
    keepUntil: dateOrNull(row.keep_until),
    deleteBy: dateOrNull(row.delete_by),
    permanent: row.permanent === 1,
    defect: row.due_defect as DueDefect | null,
    missingTrigger: textOrNull(row.missing_trigger),
  };
}

function textOrNull(value: Value): string | null {
  return value === null ? null : String(value);
}

function dateOrNull(value: Value): CalendarDate | null {
  return value === null ? null : (String(value) as CalendarDate);
}
