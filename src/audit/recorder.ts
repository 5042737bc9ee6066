import type { LogRecord, StoreTransaction } from '../store/index.js';
import { type Clock, instant } from '../workspace/index.js';
import { type Actor, GENESIS, type LogEvent, logRecord } from './log-entry.js';

/** Appends to the log on behalf of one actor. Appending needs the transaction of the change it tells of. */
export class Recorder {
  constructor(
    private readonly workspace: () => string,
    private readonly actor: () => Promise<Actor>,
    private readonly clock: Clock,
  ) {}

  /** Appends one entry. @returns its record, for evidence that refers to it */
  async append(transaction: StoreTransaction, event: LogEvent): Promise<LogRecord> {
    const [record] = await this.appendAll(transaction, [event]);
    if (record === undefined) throw new Error('No entry was appended');
    return record;
  }

  /** Appends entries in order, as one write. */
  async appendAll(transaction: StoreTransaction, events: readonly LogEvent[]): Promise<LogRecord[]> {
    const head = await transaction.log.head();
    const actor = await this.actor();
    const time = instant(this.clock);
    let seq = head?.seq ?? 0;
    let prev = head?.hash ?? GENESIS;
    const records = events.map((event) => {
      seq += 1;
      const record = logRecord(event, { workspace: this.workspace(), actor, time, seq, prev });
      prev = record.hash;
      return record;
    });
    await transaction.log.insert(records);
    return records;
  }
}
