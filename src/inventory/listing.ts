import { badInput, parseCalendarDate } from '../model/index.js';
import type { Session } from '../session/index.js';
import type { ItemFilter, StoredItem } from '../store/index.js';

interface ItemPage {
  items: readonly StoredItem[];
  /** Id after which the next page starts; null for the last page. */
  next: string | null;
}

/** One page of the inventory, by id. */
export async function listItems(
  session: Session,
  filter: ItemFilter,
  page: { after?: string; limit: number },
): Promise<ItemPage> {
  // One more than asked for tells whether there is a next page.
  const items = await session.store.items.list(filter, { ...page, limit: page.limit + 1 });
  const shown = items.slice(0, page.limit);
  return { items: shown, next: items.length > shown.length ? (shown.at(-1)?.id ?? null) : null };
}

/** A date of a filter. @throws Fault `date-invalid` */
export function filterDate(text: string, flag: string): NonNullable<ItemFilter['dueBefore']> {
  const date = parseCalendarDate(text);
  if (date !== undefined) return date;
  throw badInput('date-invalid', `${flag} is not a date`, { hint: 'Write it as YYYY-MM-DD' });
}

/** An item as `--json` prints it. */
export function itemDocument(item: StoredItem): Record<string, unknown> {
  return {
    id: item.id,
    title: item.title,
    record_class: item.recordClass,
    other_classes: item.otherClasses,
    medium: item.medium,
    location: item.location,
    pi_elements: item.piElements,
    data_subjects: item.dataSubjects,
    subjects: item.subjects,
    custodian: item.custodian,
    department: item.department,
    created: item.created,
    modified: item.modified,
    closed: item.closed,
    last_used: item.lastUsed,
    events: item.events,
    subject_events: item.subjectEvents,
    copies_elsewhere: item.copiesElsewhere,
    notes: item.notes,
    state: item.state,
    keep_until: item.due.keepUntil,
    delete_by: item.due.deleteBy,
    permanent: item.due.permanent,
    defect: item.due.defect,
    missing_trigger: item.due.missingTrigger,
    imported_from: item.importedFrom && { log_entry: item.importedFrom.seq, line: item.importedFrom.line },
  };
}
