import type { Knex } from 'knex';
import type { CalendarDate, Review, ReviewDecision } from '../../model/index.js';

interface ReviewRow {
  item_id: string;
  decision: ReviewDecision;
  keep_until: string | null;
  reason: string;
  item_sha256: string;
  decided_at: string;
  decided_by: string;
  log_seq: number;
}

const ROWS = 500;

/** Decisions of people about single items; of several about one item the last one stands. */
export class ReviewRepository {
  constructor(private readonly database: Knex) {}

  /** Each takes the place of what stood about its item; needs a transaction. */
  async insert(reviews: readonly Review[]): Promise<void> {
    for (let at = 0; at < reviews.length; at += ROWS) {
      const part = reviews.slice(at, at + ROWS);
      await this.database('reviews')
        .whereIn(
          'item_id',
          part.map(({ itemId }) => itemId),
        )
        .whereNull('superseded_at')
        .update({ superseded_at: part[0]?.decidedAt ?? '' });
      await this.database('reviews').insert(
        part.map((review) => ({
          item_id: review.itemId,
          decision: review.decision,
          keep_until: review.keepUntil,
          reason: review.reason,
          item_sha256: review.itemSha256,
          decided_at: review.decidedAt,
          decided_by: review.decidedBy,
          log_seq: review.logSeq,
          superseded_at: null,
        })),
      );
    }
  }

  /** What stands about items that are still there, by item. */
  async standing(): Promise<Review[]> {
    const rows: ReviewRow[] = await this.database('reviews')
      .join('items', 'items.id', 'reviews.item_id')
      .whereNull('superseded_at')
      .whereIn('items.state', ['active', 'claimed'])
      .orderBy('reviews.item_id')
      .select('reviews.*');
    return rows.map(review);
  }

  /** All that was decided about an item, oldest first. */
  async ofItem(itemId: string): Promise<Review[]> {
    const rows: ReviewRow[] = await this.database('reviews').where('item_id', itemId).orderBy('id');
    return rows.map(review);
  }
}

function review(row: ReviewRow): Review {
  return {
    itemId: row.item_id,
    decision: row.decision,
    keepUntil: row.keep_until as CalendarDate | null,
    reason: row.reason,
    itemSha256: row.item_sha256,
    decidedAt: row.decided_at,
    decidedBy: row.decided_by,
    logSeq: row.log_seq,
  };
}
