import type { Store } from '../store/index.js';
import type { CheckpointChecks } from './checkpoint-checks.js';
import { acknowledgementOf, isSignedBy } from './key-statement.js';
import { parseLogEntry } from './log-entry.js';

const PAGE = 100;

/**
 * What operators have acknowledged in entries of new epochs: checkpoints that were lost, which `checks` are told of, and
 * clocks that ran backwards. That these entries are as they were written is checked with all others.
 *
 * @returns `clock`: numbers of entries before which the clock ran backwards; `epochs`: those of entries that begin an epoch and have the
 *   operator's signature
 */
export async function readAcknowledged(
  store: Store,
  checks: CheckpointChecks,
): Promise<{ clock: ReadonlySet<number>; epochs: ReadonlySet<number> }> {
  const clock = new Set<number>();
  const epochs = new Set<number>();
  const operators = new Map((await store.operators.list()).map(({ id, publicKey }) => [id, publicKey]));
  for (let after = 0; ; ) {
    const page = await store.log.page(after, PAGE, { action: 'log.new-epoch' });
    for (const record of page) {
      const entry = parseLogEntry(record.entry);
      const acknowledgement = entry && acknowledgementOf(entry);
      if (!acknowledgement) continue;
      const publicKey = operators.get(entry.operator) ?? '';
      if (!isSignedBy(acknowledgement, entry.data.signature, publicKey)) continue;
      epochs.add(entry.seq);
      for (const seq of acknowledgement.clock) if (seq < entry.seq) clock.add(seq);
      for (const root of acknowledgement.lost) checks.acknowledge(root);
    }
    const last = page.at(-1);
    if (page.length < PAGE || last === undefined) return { clock, epochs };
    after = last.seq;
  }
}
