import { type CalendarDate, classesOf, type DueDates, refused, type Schedule } from '../model/index.js';
import type { ComparedItem } from './going.js';
import type { DueSettings } from './period-arithmetic.js';
import { changedClasses, removedClasses, scheduleComparison } from './schedule-effects.js';

/** What a person allows an import to do beyond adding rules and lengthening periods. */
export interface ImportPermission {
  /** Items that may become due by it, at most. Not given: none. */
  moreDue?: number;
  /** Classes may go that items still name. */
  classRemoval?: boolean;
}

/** Counts what an import does that needs a permission of its own, while the items pass by. */
export class ImportGuard {
  readonly #removedClasses: ReadonlySet<string>;
  readonly #changedClasses: ReadonlySet<string>;
  readonly #compare: ReturnType<typeof scheduleComparison>;
  /** Numbers of items by class. */
  readonly #moreDue = new Map<string, number>();
  readonly #removed = new Map<string, number>();
  #eased = 0;
  /** Then any class may have other dates, whether its rule changed or not. */
  readonly #otherYear: boolean;

  /** @param before undefined where this is the first schedule: then every item that is due counts */
  constructor(
    before: Pick<Schedule, 'classes'> | undefined,
    after: Pick<Schedule, 'classes'>,
    context: { settings: DueSettings; settingsBefore: DueSettings; today: CalendarDate },
  ) {
    const { settings, settingsBefore, today } = context;
    this.#compare = scheduleComparison(before, after, settings, today, settingsBefore);
    this.#otherYear = settings.fiscalYearEnd !== settingsBefore.fiscalYearEnd;
    this.#removedClasses = removedClasses(before, after);
    this.#changedClasses = changedClasses(before, after);
  }

  /**
   * Looks at an item that is not disposed of.
   *
   * @param due its dates under the new schedule
   */
  see(item: ComparedItem, due: DueDates): void {
    const classes = classesOf(item);
    // An import may pass a million items by, and seldom changes more than a class.
    if (!this.#otherYear && !classes.some((id) => this.#changedClasses.has(id))) return;
    const { widening } = this.#compare(item, due);
    if (widening !== null) increase(this.#moreDue, item.recordClass ?? '');
    if (widening !== null && widening !== 'due') this.#eased += 1;
    if (this.#removedClasses.size === 0) return;
    for (const id of classes) if (this.#removedClasses.has(id)) increase(this.#removed, id);
  }

  /** Classes that go although items name them, each with the number of these items. */
  get removed(): ReadonlyMap<string, number> {
    return this.#removed;
  }

  /** Items that are due today under the new schedule, and were not, or were more protected, under the one in force. */
  get moreDue(): number {
    return sum(this.#moreDue);
  }

  /**
   * @param look the command that shows the items
   * @throws Fault `classes-removed`, `more-due` (exit 4), each with the numbers
   */
  requirePermitted(permission: ImportPermission, look: string): void {
    if (this.#removed.size > 0 && !permission.classRemoval) {
      throw refused(
        'classes-removed',
        `The schedule does not have classes that items name: ${listed(this.#removed)}; nothing was changed`,
        {
          hint: 'Give the items another class, or keep the class; --allow-class-removal makes them defects, which are kept',
          details: { classes: Object.fromEntries(this.#removed) },
        },
      );
    }
    const { moreDue } = this;
    if (moreDue <= (permission.moreDue ?? 0)) return;
    const allowed = permission.moreDue === undefined ? '' : `, and ${permission.moreDue} are allowed`;
    const eased = this.#eased === 0 ? '' : `, ${this.#eased} of them by less protection, gates or approvals`;
    throw refused(
      'more-due',
      `The schedule${this.#otherYear ? ', with the fiscal year of quietus.yaml,' : ''} makes ${moreDue} more items due than are due now: ${listed(this.#moreDue)}${eased}${allowed}; nothing was changed`,
      {
        hint: `Look at them with: ${look}. If they are right, add --allow-more-due ${moreDue}`,
        details: { more_due: moreDue, eased: this.#eased, classes: Object.fromEntries(this.#moreDue) },
      },
    );
  }
}

function increase(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0);
}

/** `form-i9 (2), payroll (12)` */
function listed(counts: ReadonlyMap<string, number>): string {
  return [...counts]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, count]) => `${id} (${count})`)
    .join(', ');
}
