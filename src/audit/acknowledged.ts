import type { Store } from '../store/index.js';
import type { CheckpointChecks } from './checkpoint-checks.js';
import { confirmsClock } from './clock-acceptance.js';
import { acknowledgementOf, isSignedBy } from './key-statement.js';
import { parseLogEntry } from './log-entry.js';

const PAGE = 100;

/** What operators have signed. */
export interface Acknowledged {
  /** Numbers of entries before which the clock ran backwards. */
  clock: ReadonlySet<number>;
  /** Number of the newest entry by which a person confirmed the clock; 0 where there is none. */
  clockUntil: number;
  /** Numbers of entries that begin an epoch. */
  epochs: ReadonlySet<number>;
}

/**
 * What operators have acknowledged: in entries of new epochs checkpoints that were lost, which `checks` are told of, and
 * clocks that ran backwards; in entries that confirm the clock, that times before them prove nothing. That these
 * entries are as they were written is checked with all others.
 */
export async function readAcknowledged(
  store: Store,
  checks: Pick<CheckpointChecks, 'acknowledge'>,
): Promise<Acknowledged> {
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
    if (page.length < PAGE || last === undefined) break;
    after = last.seq;
  }
  return { clock, clockUntil: await confirmedUntil(store, operators), epochs };
}

/** The newest entry by which a person confirmed the clock: it covers those before it. */
async function confirmedUntil(store: Store, keys: ReadonlyMap<string, string>): Promise<number> {
  for (let before: number | undefined; ; ) {
    const record = await store.log.newestMark(['log.accept-clock'], before);
    if (record === undefined) return 0;
    const entry = parseLogEntry(record.entry);
    if (entry && confirmsClock(entry, keys.get(entry.operator) ?? '')) return record.seq;
    before = record.seq;
  }
}
