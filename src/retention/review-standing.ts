import type { Review } from '../model/index.js';
import type { WrittenItem } from '../store/index.js';
import { dateIn } from '../workspace/index.js';
import type { StandingReview } from './decision-reasons.js';
import { itemDigest } from './item-digest.js';

/**
 * Finds what still holds of the decision about an item: to keep it, whatever else changed; to let it go, while the
 * inventory says of it what it said then.
 *
 * @param timeZone the organization's
 */
export function compileReviews(
  reviews: readonly Review[],
  timeZone: string,
): (item: WrittenItem) => StandingReview | undefined {
  const byItem = new Map(reviews.map((review) => [review.itemId, review]));
  return (item) => {
    const review = byItem.size === 0 ? undefined : byItem.get(item.id);
    if (review === undefined) return undefined;
    if (review.decision !== 'keep' && review.itemSha256 !== itemDigest(item)) return undefined;
    const { decision, keepUntil, decidedBy, decidedAt } = review;
    return {
      ...{ decision, keepUntil, decidedBy },
      // Only explanations need it.
      get decidedOn() {
        return dateIn(timeZone, new Date(decidedAt));
      },
    };
  };
}
