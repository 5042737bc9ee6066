import {
  badInput,
  type CalendarDate,
  type Operator,
  type Review,
  type ReviewDecision,
  refused,
} from '../model/index.js';
import type { Session } from '../session/index.js';
import type { StoredItem, StoreTransaction } from '../store/index.js';
import { instant } from '../workspace/index.js';
import { itemDigest } from './item-digest.js';
import { dueItems, type QueueFilter } from './review-queue.js';
import { readRulebook } from './rulebook.js';

export interface ReviewRequest {
  /** The items that were shown to the person who decides. */
  itemIds: readonly string[];
  decision: ReviewDecision;
  /** Last day on which the items are kept; null with `dispose`. */
  keepUntil: CalendarDate | null;
  /** Stays in the database and never goes into the log. */
  reason: string;
}

const IDS_AT_ONCE = 500;
const IDS_SHOWN = 5;

/** Ids of the items that await review and match, the longest due first. */
export async function itemsAwaitingReview(
  session: Session,
  filter: QueueFilter,
  signal?: AbortSignal,
): Promise<string[]> {
  const rules = await readRulebook(session.store, session.settings());
  const ids: string[] = [];
  for await (const { item, judgement } of dueItems({
    session,
    rules,
    asOf: session.today(),
    filter,
    signal,
  })) {
    if (judgement.reason === 'awaits-review') ids.push(item.id);
  }
  return ids;
}

/**
 * Records what a person decided of items: that they may go, which is possible while they await review and only lets the
 * next plan take them up; or that they are kept for longer than their rules ask, which is always possible.
 *
 * @returns the decisions, one for each item
 * @throws Fault `review-empty`, `review-text-invalid`, `date-in-past`, `item-unknown`, `review-not-awaited` (exit 4),
 *   `item-not-active`; nothing was recorded then
 */
export async function decideReview(session: Session, request: ReviewRequest): Promise<readonly Review[]> {
  const reason = requireReason(request.reason);
  const ids = [...new Set(request.itemIds)];
  if (ids.length === 0) {
    throw badInput('review-empty', 'No item awaits review there; nothing was recorded', {
      hint: 'See: quietus review list',
    });
  }
  if (request.keepUntil !== null && request.keepUntil < session.today()) {
    throw badInput('date-in-past', 'The day until which the items are kept has passed', {
      hint: 'Give a day from today on: --keep-until DATE',
    });
  }
  const operator = await session.operator();
  return await session.store.transaction(async (transaction) => {
    const items = await itemsOf(transaction, ids);
    if (request.decision === 'dispose') await requireAwaited(session, transaction, items);
    return await record(session, transaction, { ...request, reason }, { items, operator });
  });
}

async function itemsOf(transaction: StoreTransaction, ids: readonly string[]): Promise<StoredItem[]> {
  const items: StoredItem[] = [];
  const unknown: string[] = [];
  for (let at = 0; at < ids.length; at += IDS_AT_ONCE) {
    const part = ids.slice(at, at + IDS_AT_ONCE);
    const found = await transaction.items.byIds(part);
    for (const id of part) {
      const item = found.get(id);
      if (item === undefined) unknown.push(id);
      else items.push(item);
    }
  }
  if (unknown.length > 0) {
    throw badInput('item-unknown', `The inventory has no item ${shown(unknown)}; nothing was recorded`, {
      hint: 'See: quietus review list',
      details: { items: unknown },
    });
  }
  const ended = items.filter(({ state }) => state !== 'active').map(({ id }) => id);
  if (ended.length > 0) {
    throw badInput(
      'item-not-active',
      `Nothing can be decided any more of ${shown(ended)}; nothing was recorded`,
      {
        hint: 'See what became of it: quietus inventory show ID',
        details: { items: ended },
      },
    );
  }
  return items;
}

/** Only what is due and asks for a review can be let go by one: a decision never stands in for the schedule. */
async function requireAwaited(
  session: Session,
  transaction: StoreTransaction,
  items: readonly StoredItem[],
): Promise<void> {
  const rules = await readRulebook(transaction, session.settings());
  const other = items
    .map((item) => ({ id: item.id, judgement: rules.judge(item, item.state, session.today()) }))
    .filter(({ judgement }) => judgement.reason !== 'awaits-review' && judgement.reason !== 'review-keeps');
  const [first] = other;
  if (first === undefined) return;
  throw refused(
    'review-not-awaited',
    `${other.length === 1 ? 'An item does' : `${other.length} items do`} not await review; nothing was recorded. ${first.id}: ${first.judgement.explanation}`,
    {
      hint: 'See what awaits review: quietus review list --kind review',
      details: { items: other.map(({ id }) => id) },
    },
  );
}

async function record(
  session: Session,
  transaction: StoreTransaction,
  { decision, keepUntil, reason }: ReviewRequest,
  { items, operator }: { items: readonly StoredItem[]; operator: Operator },
): Promise<Review[]> {
  const decided = items.map((item) => ({ itemId: item.id, itemSha256: itemDigest(item) }));
  const records = await session.recorder.appendAll(
    transaction,
    decided.map(({ itemId, itemSha256 }) => ({
      action: 'review.decide',
      outcome: 'done',
      subject: { item: itemId },
      data: { decision, keep_until: keepUntil, item_sha256: itemSha256 },
    })),
  );
  const decidedAt = instant(session.clock);
  const reviews = decided.map(({ itemId, itemSha256 }, at) => ({
    itemId,
    decision,
    keepUntil,
    reason,
    itemSha256,
    decidedAt,
    decidedBy: operator.id,
    logSeq: records[at]?.seq ?? 0,
  }));
  await transaction.reviews.insert(reviews);
  return reviews;
}

function requireReason(text: string): string {
  const line = text.trim();
  if (line !== '' && line.length <= 500 && !/\p{Cc}/u.test(line)) return line;
  throw badInput('review-text-invalid', 'The reason must be text on one line of at most 500 characters', {
    hint: 'Give it in quotes: --reason "..."',
  });
}

function shown(ids: readonly string[]): string {
  const rest = ids.length > IDS_SHOWN ? ` and ${ids.length - IDS_SHOWN} more` : '';
  return ids.slice(0, IDS_SHOWN).join(', ') + rest;
}
