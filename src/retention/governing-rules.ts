import { type CalendarDate, type DueDates, mostProtective, type RecordClass } from '../model/index.js';
import {
  clauseInWords,
  type DueItem,
  dueDates,
  governingClause,
  keepingClass,
  missingTriggers,
  reckon,
} from '../schedule/index.js';

/** Which of an item's classes decides what; of classes that say the same, the first by id. */
export interface GoverningRules {
  /** The one that keeps it longest. */
  keeping: RecordClass;
  /** The one whose maximum comes first; undefined where none has a maximum. */
  limiting: RecordClass | undefined;
  /** The one with the most protective disposition. */
  disposing: RecordClass;
}

/** @param classes those of the item that the schedule has; at least one */
export function governingRules(
  item: DueItem,
  classes: readonly RecordClass[],
  due: DueDates,
  fiscalYearEnd: string,
): GoverningRules | undefined {
  const sorted = classes.length < 2 ? classes : classes.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const [first] = sorted;
  if (first === undefined) return undefined;
  const disposing = mostProtective(sorted) ?? first;
  if (sorted.length === 1) return { keeping: first, limiting: limited(first), disposing };
  const own = (each: RecordClass) =>
    dueDates({ ...item, recordClass: each.id, otherClasses: [] }, [each], { fiscalYearEnd });
  return {
    keeping: keepingClass(item, sorted, due.keepUntil, { fiscalYearEnd }) ?? first,
    limiting: due.deleteBy === null ? undefined : sorted.find((each) => own(each).deleteBy === due.deleteBy),
    disposing,
  };
}

/** The class to name for what keeps an item from having a date, by the words of the reason. */
export function lackingClass(
  item: DueItem,
  classes: readonly RecordClass[],
  due: DueDates,
  fiscalYearEnd: string,
): RecordClass | undefined {
  const sorted = classes.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  if (due.permanent) return sorted.find(({ disposition }) => disposition === 'permanent');
  return sorted.find((each) => {
    const own = dueDates({ ...item, recordClass: each.id, otherClasses: [] }, [each], { fiscalYearEnd });
    return own.defect === due.defect && own.missingTrigger === due.missingTrigger;
  });
}

/** Events that any of the classes waits for. */
export function awaitedEvents(item: DueItem, classes: readonly RecordClass[]): string[] {
  return [...new Set(classes.flatMap((each) => missingTriggers(item, each)))];
}

/** `P3Y after closed 2024-03-31; 29 CFR 516.5`: the clause that decided, and the authority. */
export function ruleInWords(item: DueItem, recordClass: RecordClass, fiscalYearEnd: string): string {
  const clause = governingClause(reckon(item, recordClass, { fiscalYearEnd }));
  const words = clause === undefined ? [] : [clauseInWords(clause, recordClass.cutOff)];
  return [...words, recordClass.authority.citation].join('; ');
}

/** `2026-02-28 (P2Y after last-used 2024-02-29)` */
export function limitInWords(
  item: DueItem,
  recordClass: RecordClass,
  deleteBy: CalendarDate | null,
  fiscalYearEnd: string,
): string {
  const { deleteWithin } = reckon(item, recordClass, { fiscalYearEnd });
  const words = deleteWithin === null ? '' : ` (${clauseInWords(deleteWithin, 'none')})`;
  return `${deleteBy ?? ''}${words}`;
}

function limited(recordClass: RecordClass): RecordClass | undefined {
  return recordClass.deleteWithin === null ? undefined : recordClass;
}
