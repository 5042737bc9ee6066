import {
  type CalendarDate,
  classesOf,
  type DueDates,
  type Gate,
  type GateStatement,
  type InventoryItem,
  type RecordClass,
  type StatementKind,
} from '../model/index.js';
import { dayAfter } from '../schedule/index.js';

/** A gate that is not satisfied on a day. */
export interface OpenGate {
  kind: StatementKind;
  /** What is missing, in words that complete `it waits for …`. */
  missing: string;
}

export interface GateSettings {
  /** Days for which a statement that no charge is open, or that copies were checked, counts. */
  statementDays: number;
}

/** Statements prepared for many items. */
export interface CompiledStatements {
  /**
   * What keeps an item from being disposed of on a day although its duty to keep has ended: open charges that reach
   * it, whatever its rules ask for, and the gates of its classes that no statement satisfies.
   */
  openOn(
    item: GatedItem,
    classes: readonly RecordClass[],
    due: DueDates,
    asOf: CalendarDate,
  ): readonly OpenGate[];
}

export type GatedItem = Pick<InventoryItem, 'id' | 'recordClass' | 'otherClasses' | 'subjects'>;

/** @param statements without those that were withdrawn, but with charges that were closed */
export function compileStatements(
  statements: readonly GateStatement[],
  settings: GateSettings,
): CompiledStatements {
  const byScope = new Map<string, GateStatement[]>();
  for (const statement of statements) {
    for (const { kind, value } of statement.scopes) {
      const key = `${kind} ${value}`;
      byScope.set(key, [...(byScope.get(key) ?? []), statement]);
    }
  }
  return {
    openOn(item, classes, due, asOf) {
      if (byScope.size === 0 && classes.every(({ gates }) => gates.length === 0)) return NONE;
      const reaching = statementsOn(item, byScope, due).filter(({ statedOn }) => statedOn <= asOf);
      const open: OpenGate[] = [];
      for (const charge of reaching.filter((each) => isOpenCharge(each, asOf))) {
        open.push({ kind: 'open-charge', missing: `the end of the charge ${charge.id}` });
      }
      for (const gate of gatesOf(classes)) {
        const missing = missingFor(gate, reaching, asOf, settings);
        if (missing !== undefined) open.push({ kind: gate.kind, missing });
      }
      return open.toSorted(
        (a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind) || order(a.missing, b.missing),
      );
    },
  };
}

/** The gates of all classes, each once, in an order that does not depend on theirs. */
export function gatesOf(classes: readonly RecordClass[]): readonly Gate[] {
  const gates = new Map(
    classes.flatMap(({ gates: own }) => own.map((gate) => [gateKey(gate), gate] as const)),
  );
  return [...gates].toSorted(([a], [b]) => order(a, b)).map(([, gate]) => gate);
}

/** Whom a gate's statement names; null for gates that name nobody. */
export function partyOf(gate: Gate): string | null {
  if (gate.kind === 'notice') return gate.recipient;
  return gate.kind === 'permission' ? gate.authority : null;
}

/** Names that people type twice are the same whatever their case and spacing. */
export function sameParty(a: string | null, b: string | null): boolean {
  return folded(a) === folded(b);
}

const NONE: readonly OpenGate[] = Object.freeze([]);
const ORDER: readonly StatementKind[] = [
  'open-charge',
  'notice',
  'permission',
  'no-open-charge',
  'copies-checked',
];

function gateKey(gate: Gate): string {
  return JSON.stringify([gate.kind, partyOf(gate), gate.kind === 'notice' ? gate.days : 0]);
}

/**
 * Statements about the item. Notices and permissions for a class or a subject are about records whose duty to keep
 * had ended when they were made: what comes due later was not meant by them, and needs a statement of its own.
 */
function statementsOn(
  item: GatedItem,
  byScope: ReadonlyMap<string, readonly GateStatement[]>,
  due: DueDates,
): GateStatement[] {
  const own = byScope.get(`item ${item.id}`) ?? [];
  const keys = [
    ...classesOf(item).map((id) => `class ${id}`),
    ...item.subjects.map((subject) => `subject ${subject}`),
  ];
  const wide = keys
    .flatMap((key) => byScope.get(key) ?? [])
    .filter(({ kind, statedOn }) => {
      if (kind !== 'notice' && kind !== 'permission') return true;
      return due.keepUntil !== null && due.keepUntil < statedOn;
    });
  return [...new Set([...own, ...wide])];
}

function isOpenCharge({ kind, withdrawnOn }: GateStatement, asOf: CalendarDate): boolean {
  return kind === 'open-charge' && (withdrawnOn === null || withdrawnOn > asOf);
}

function missingFor(
  gate: Gate,
  reaching: readonly GateStatement[],
  asOf: CalendarDate,
  settings: GateSettings,
): string | undefined {
  const party = partyOf(gate);
  const days = reaching
    .filter((each) => each.kind === gate.kind && each.withdrawnOn === null && sameParty(each.party, party))
    .map(({ statedOn }) => statedOn)
    .toSorted();
  switch (gate.kind) {
    case 'notice':
      return missingNotice(gate, days[0], asOf);
    case 'permission':
      return days.length > 0 ? undefined : `a written permission of ${gate.authority}`;
    case 'no-open-charge': {
      // Who said that there is none before a charge was known has not said it of the time after.
      const charges = reaching.filter(({ kind }) => kind === 'open-charge');
      const known = charges.flatMap(({ statedOn, withdrawnOn }) => [statedOn, withdrawnOn ?? statedOn]);
      const last = known.toSorted().at(-1);
      const fresh = days.filter((day) => last === undefined || day >= last);
      return missingFresh('a statement that no charge is open', fresh.at(-1), asOf, settings);
    }
    default:
      return missingFresh('a check of the copies elsewhere', days.at(-1), asOf, settings);
  }
}

function missingNotice(
  { recipient, days }: Extract<Gate, { kind: 'notice' }>,
  given: CalendarDate | undefined,
  asOf: CalendarDate,
): string | undefined {
  const count = `${days} ${days === 1 ? 'day' : 'days'}`;
  if (given === undefined) return `a notice to ${recipient}, ${count} before`;
  const from = dayAfter(given, days);
  if (from !== null && asOf >= from) return undefined;
  return `the notice to ${recipient} given on ${given}, satisfied from ${from ?? 'after the year 9999'}`;
}

function missingFresh(
  what: string,
  last: CalendarDate | undefined,
  asOf: CalendarDate,
  { statementDays }: GateSettings,
): string | undefined {
  if (last === undefined) return what;
  const until = dayAfter(last, statementDays);
  return until === null || asOf <= until ? undefined : `${what}: that of ${last} counted until ${until}`;
}

function order(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function folded(text: string | null): string {
  return (text ?? '').normalize('NFC').trim().replaceAll(/\s+/g, ' ').toLowerCase();
}
