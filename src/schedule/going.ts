import { canonicalJson } from '../crypto/index.js';
import {
  type CalendarDate,
  classesOf,
  DISPOSITIONS_BY_PROTECTION,
  type Disposition,
  type InventoryItem,
  mostProtective,
  type RecordClass,
} from '../model/index.js';
import type { DueItem } from './due-dates.js';
import { lastDay } from './period-arithmetic.js';

/** Of an item, what its dates and the fate of its archive depend on. */
export type ComparedItem = DueItem & Pick<InventoryItem, 'medium'>;

/** How an item goes whose duty to keep has ended, and under which conditions. */
export interface Going {
  disposition: Disposition;
  /** Last day of its archive, where one is made of it; the item's key is destroyed after it. Null: people make the archive, or it stays for ever. */
  archivedUntil: CalendarDate | null;
  approvals: number;
  /** Canonical texts of the gates. */
  gates: ReadonlySet<string>;
}

/**
 * What a new schedule does with an item that the one in force does not do: it is due now and was not; or it is due in
 * both, and what happens to it protects it less, its archive ends sooner, or less stands before it.
 */
export type Widening = 'due' | 'less-protective' | 'shorter-archive' | 'fewer-gates' | 'fewer-approvals';

/** Under these the item stays where it is, whatever day it is. */
const STAYING: ReadonlySet<Disposition> = new Set(['review', 'permanent']);

/** @returns null where the change takes nothing away from the item */
export function wideningOf(before: Going | null, after: Going | null): Widening | null {
  if (after === null) return null;
  if (before === null) return 'due';
  if (protection(after.disposition) > protection(before.disposition)) return 'less-protective';
  if (endsSooner(before, after)) return 'shorter-archive';
  if ([...before.gates].some((gate) => !after.gates.has(gate))) return 'fewer-gates';
  return after.approvals < before.approvals ? 'fewer-approvals' : null;
}

function endsSooner(before: Going, after: Going): boolean {
  if (before.disposition !== 'archive' || after.archivedUntil === null) return false;
  return before.archivedUntil === null || after.archivedUntil < before.archivedUntil;
}

/** 0 protects most. */
function protection(disposition: Disposition): number {
  return DISPOSITIONS_BY_PROTECTION.indexOf(disposition);
}

/** How items go under the rules of these classes once their duty to keep has ended; null where they stay. */
export function goingUnder(
  classes: readonly RecordClass[],
): (item: ComparedItem, keepUntil: CalendarDate, asOf: CalendarDate) => Going | null {
  const rules = new Map(classes.map((each) => [each.id, each]));
  // Thousands of items have the same classes.
  const known = new Map<string, Conditions | null>();
  return (item, keepUntil, asOf) => {
    const ids = classesOf(item);
    const key = ids.join(' ');
    let conditions = known.get(key);
    if (conditions === undefined) {
      conditions = conditionsOf(ids.flatMap((id) => rules.get(id) ?? []));
      known.set(key, conditions);
    }
    return conditions === null ? null : goingOf(item, conditions, { keepUntil, asOf });
  };
}

interface Conditions {
  disposing: RecordClass;
  approvals: number;
  gates: ReadonlySet<string>;
}

function conditionsOf(classes: readonly RecordClass[]): Conditions | null {
  const disposing = mostProtective(classes);
  if (disposing === undefined || STAYING.has(disposing.disposition)) return null;
  return {
    disposing,
    approvals: Math.max(...classes.map(({ approvals }) => approvals)),
    gates: new Set(classes.flatMap(({ gates }) => gates).map((gate) => canonicalJson({ ...gate }))),
  };
}

function goingOf(
  { medium }: ComparedItem,
  { disposing, approvals, gates }: Conditions,
  { keepUntil, asOf }: { keepUntil: CalendarDate; asOf: CalendarDate },
): Going | null {
  const { disposition, archiveFor } = disposing;
  const ends = disposition === 'archive' && archiveFor !== undefined;
  const archivedUntil = ends ? lastDay(keepUntil, archiveFor, 'none') : null;
  if (disposition === 'archive' && medium === 'archive') {
    // An archive goes when its time is over, and stays for ever where the rule names no time.
    const over = archivedUntil !== null && archivedUntil < asOf;
    return over ? { disposition: 'destroy', archivedUntil: null, approvals, gates } : null;
  }
  return { disposition, archivedUntil, approvals, gates };
}
