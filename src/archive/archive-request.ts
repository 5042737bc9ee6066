import { protectionOf } from '../holds/index.js';
import type { CalendarDate, Reason } from '../model/index.js';
import type { DisposalStep } from '../shred/index.js';
import type { Objection } from './archive-journal.js';

export interface ArchiveRequest {
  itemId: string;
  /** Folder for the encrypted file; null for that of the workspace. */
  folder: string | null;
  /** Leave the unencrypted content where it is. */
  keepPlaintext: boolean;
  /** Destroy it also where the medium can keep copies of it. */
  acceptResidual: boolean;
  /** From which day the key may be destroyed; null where the item's rule alone decides. */
  eraseAfter: CalendarDate | null;
  /** Besides legal holds: why the item may not be archived now. Asked again before its content is destroyed. */
  objection: Objection;
  /** Files and folders that must not be destroyed. */
  protectedPaths: readonly string[];
  signal?: AbortSignal | undefined;
  /** Called synchronously after each step. */
  observe?: ((step: ArchiveStep | DisposalStep['step']) => void) | undefined;
}

export type ArchiveStep = 'begun' | 'key-written' | 'archive-written' | 'proved' | 'kept';

/**
 * Holds, those that still cool off, and what the caller knows besides.
 *
 * @param today on which cooling-off periods may last
 */
export function objectionTo(request: ArchiveRequest, today: () => CalendarDate): Objection {
  return async (repositories) => {
    const item = await repositories.items.get(request.itemId);
    if (item === undefined || item.state !== 'active') return CHANGED;
    const protection = protectionOf(item, await repositories.holds.standing(), today());
    return protection ?? (await request.objection(repositories));
  };
}

const CHANGED: Reason = {
  code: 'item-changed',
  text: 'What the inventory says of the item has changed meanwhile.',
};
