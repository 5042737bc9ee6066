import { placesElsewhere, RowPlaces } from '../disposal/index.js';
import {
  badInput,
  type CalendarDate,
  classesOf,
  type DueDates,
  type PlanItem,
  type RecordClass,
} from '../model/index.js';
import { explainDue } from '../schedule/index.js';
import type { Session } from '../session/index.js';
import type { StoredItem } from '../store/index.js';
import { Examiners } from './item-identity.js';
import type { Overlap } from './location-overlap.js';
import { findOverlapsAmong } from './overlap-search.js';
import { describeItem } from './plan-building.js';
import { type Judgement, readRulebook } from './rulebook.js';

/** What a plan would say of one item, and every step that leads there. */
export interface ItemExplanation {
  item: PlanItem;
  asOf: CalendarDate;
  /** Sentences in the order of the reasoning, without personal information. */
  steps: readonly string[];
}

/**
 * Explains what a plan for a day would decide for an item: by the same rules, holds, places and checks of the disk,
 * but for this item only. Nothing is stored.
 *
 * @param asOf today where it is not given
 * @throws Fault `item-unknown`, `schedule-missing`
 */
export async function explainItem(
  session: Session,
  itemId: string,
  asOf: CalendarDate = session.today(),
): Promise<ItemExplanation> {
  const settings = session.settings();
  const rules = await readRulebook(session.store, settings);
  const item = await session.store.items.get(itemId);
  if (item === undefined) {
    throw badInput('item-unknown', `The inventory has no item ${itemId}`, {
      hint: 'List items with: quietus inventory list',
    });
  }
  const { version, title, importedAt } = rules.schedule;
  const steps = [`Version ${version} of the schedule is in force (${title}), imported ${importedAt}.`];
  const classes = classesOf(item);
  for (const id of classes.length === 0 ? [null] : classes) {
    const rule = rules.schedule.classes.find((each) => each.id === id);
    steps.push(...explainDue({ ...item, recordClass: id }, rule, settings));
  }
  const first = rules.judge(item, item.state, asOf);
  const isDue = (other: StoredItem) => rules.judge(other, other.state, asOf).decision === 'dispose';
  const overlap = isDue(item) ? await overlapOf(session, item, isDue) : undefined;
  const final = overlap === undefined ? first : rules.judge(item, item.state, asOf, [overlap.with]);
  const decided = describeItem(item, final, rules, overlap);
  const result = decided.decision === 'dispose' ? await identified(session, item, decided) : decided;
  if (classes.length > 1) steps.push(bothClocks(final.due));
  steps.push(
    ...holdSteps(final),
    ...gateSteps(final, rules.classesOf(item)),
    `The day that is decided for is ${asOf}.`,
  );
  if (overlap) steps.push(overlapStep(overlap));
  if (result.fingerprint?.kind === 'rows') steps.push('Its rows were counted, and can be deleted.');
  else if (result.fingerprint) steps.push('What lies at its place was examined, and can be overwritten.');
  return { item: result, asOf, steps };
}

async function identified(session: Session, item: StoredItem, decided: PlanItem): Promise<PlanItem> {
  const examiners = new Examiners(session);
  try {
    return await examiners.identified(item, decided);
  } finally {
    await examiners.close();
  }
}

function bothClocks({ keepUntil, deleteBy }: DueDates): string {
  const limit = deleteBy === null ? '' : `, and should be gone by ${deleteBy}, the earliest of their limits`;
  if (keepUntil === null) return 'Its classes together give no day on which it is due.';
  return `Of all its classes the latest day counts: it must be kept to the end of ${keepUntil}${limit}.`;
}

function holdSteps({ holds, cooling }: Judgement): string[] {
  const released = cooling.map(
    ({ id, until }) => `The legal hold ${id} was released, and still protects it until ${until}.`,
  );
  if (holds.length > 0) return [`Legal holds that reach it: ${holds.join(', ')}.`, ...released];
  return released.length > 0 ? released : ['No legal hold reaches it.'];
}

function gateSteps({ openGates }: Judgement, rules: readonly RecordClass[]): string[] {
  if (openGates.length > 0) return openGates.map(({ missing }) => `Before disposal it waits for ${missing}.`);
  return rules.some(({ gates }) => gates.length > 0) ? ['All that its gates ask for has been stated.'] : [];
}

function overlapStep(overlap: { with: string; why: 'kept' | 'first' }): string {
  return overlap.why === 'first'
    ? `It lies around, or at the same place as, ${overlap.with}, which is due as well and goes first.`
    : `Its place and that of ${overlap.with} overlap, and that item is kept.`;
}

async function overlapOf(
  session: Session,
  item: StoredItem,
  isDue: (item: StoredItem) => boolean,
): Promise<Overlap | undefined> {
  const linked = await placesElsewhere(session.store, session.paths);
  const rows = new RowPlaces(session.paths);
  return (await findOverlapsAmong(session.store, [item], isDue, { linked, rows })).get(item.id);
}
