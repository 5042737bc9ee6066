import { Fault } from '../model/index.js';
import type { LogRecord, StoreTransaction } from '../store/index.js';
import { type Clock, instant } from '../workspace/index.js';
import { type Actor, type EntryContext, type LogEvent, logRecord } from './log-entry.js';
import { type LogSigner, type NumberedCheckpoint, pinOf } from './signer.js';
import { GrowingTree } from './stored-tree.js';

/** How a recorder signs what it appends. */
export interface Signing {
  signer: LogSigner;
  /** Most entries that may be without a checkpoint. */
  unsignedEntries: () => number;
  /** Milliseconds since the command began. */
  elapsed: () => number;
}

/** What has to be told before anything else. @returns null where that is nothing */
export type Preface = (transaction: StoreTransaction) => Promise<LogEvent | null>;

/**
 * Topics that destroy, certify, keep something from being destroyed, say for whom is encrypted, or change the log itself: a command that appends such
 * an entry ends with a checkpoint, or the entry of a hold could be cut off with nobody the wiser.
 */
const SIGNED_TOPICS = new Set([
  'archive',
  'certificate',
  'disposal',
  'dispose',
  'event',
  'gate',
  'hold',
  'item',
  'log',
  'media',
  'operator',
  'recipient',
  'review',
  'schedule',
  'sweep',
]);

/** Appends to the log on behalf of one actor. Appending needs the transaction of the change it tells of. */
export class Recorder {
  #needsCheckpoint = false;
  #hasRefusal = false;
  #hasSigned = false;
  #problem: Fault | undefined;
  #signing = false;
  #prefaced = false;

  constructor(
    private readonly workspace: () => string,
    private readonly actor: () => Promise<Actor>,
    private readonly clock: Clock,
    private readonly signing?: Signing,
    private readonly preface?: Preface,
  ) {}

  /** Whether something was appended that a checkpoint should cover at the end of the command. */
  get needsCheckpoint(): boolean {
    return this.#needsCheckpoint;
  }

  /** Whether an entry tells of something that was refused. */
  get hasRefusal(): boolean {
    return this.#hasRefusal;
  }

  /** Whether a checkpoint was signed, which the witnesses have not got yet. */
  get hasSigned(): boolean {
    return this.#hasSigned;
  }

  /** Why a checkpoint that was due could not be made; the entries are there all the same. */
  get problem(): Fault | undefined {
    return this.#problem;
  }

  /** Appends one entry. @returns its record, for evidence that refers to it */
  async append(transaction: StoreTransaction, event: LogEvent): Promise<LogRecord> {
    const [record] = await this.appendAll(transaction, [event]);
    if (record === undefined) throw new Error('No entry was appended');
    return record;
  }

  /**
   * Appends entries in order, as one write, and signs a checkpoint as soon as many are without one.
   *
   * @throws Fault `log-rewound`, `log-inconsistent` (exit 5) where the end of the log is not as it was left
   */
  async appendAll(transaction: StoreTransaction, wanted: readonly LogEvent[]): Promise<LogRecord[]> {
    if (wanted.length === 0) return [];
    const preface = this.#prefaced ? null : ((await this.preface?.(transaction)) ?? null);
    // Asked again after one: the transaction that it was appended in may not be the one that lasts.
    this.#prefaced = preface === null;
    const events = preface ? [preface, ...wanted] : wanted;
    const context = {
      workspace: this.workspace(),
      actor: await this.actor(),
      time: instant(this.clock),
      elapsed: this.signing?.elapsed(),
    };
    // As this process left the log; where another has appended since, it is asked.
    const known = GrowingTree.remembered(transaction);
    const written =
      (known && (await write(known, events, context))) ??
      (await write(await GrowingTree.open(transaction), events, context));
    if (written === null) throw new Error('The end of the log moved within a transaction');
    const { records, unsigned } = written;
    this.#note(events);
    await this.#signWhereDue(transaction, unsigned);
    return preface ? records.slice(1) : records;
  }

  /**
   * Signs a checkpoint that covers every entry; within the transaction of entries that it covers, or in one of its own.
   *
   * @throws Fault `log-key-lost` (exit 4), `log-inconsistent`, `checkpoint-changed`, `log-rewound` (exit 5)
   */
  async checkpoint(transaction: StoreTransaction): Promise<NumberedCheckpoint> {
    if (this.signing === undefined) throw new Error('This recorder has no key');
    this.#signing = true;
    try {
      const append = (event: LogEvent) => this.append(transaction, event);
      const made = await this.signing.signer.checkpoint(transaction, append);
      this.#needsCheckpoint = false;
      this.#hasSigned = true;
      return made;
    } finally {
      this.#signing = false;
    }
  }

  #note(events: readonly LogEvent[]): void {
    this.#hasRefusal ||= events.some(({ outcome }) => outcome === 'refused');
    this.#needsCheckpoint ||= events.some(
      ({ action, outcome }) => outcome === 'intent' || SIGNED_TOPICS.has(action.split('.', 1)[0] ?? ''),
    );
  }

  /** At half of what policy allows, so that no crash and no long run leaves more without a signature. */
  async #signWhereDue(transaction: StoreTransaction, unsigned: number): Promise<void> {
    if (this.signing === undefined || this.#signing) return;
    if (unsigned < this.signing.unsignedEntries() / 2) return;
    const wanted = this.#needsCheckpoint;
    try {
      await this.checkpoint(transaction);
      this.#needsCheckpoint = wanted;
    } catch (error) {
      // A lost key stops no work: what is done is recorded, and said to be without a signature.
      if (!isWithoutKey(error)) throw error;
      this.#problem = error;
    }
  }
}

/** Appends events to a tree. @returns their records; null where the log does not end where the tree does */
async function write(
  tree: GrowingTree,
  events: readonly LogEvent[],
  context: Omit<EntryContext, 'seq' | 'prev' | 'checkpoint'>,
): Promise<{ records: LogRecord[]; unsigned: number } | null> {
  const records = events.map((event) => {
    const place = { seq: tree.size + 1, prev: tree.head, checkpoint: pinOf(tree.pin) };
    const record = logRecord(event, { ...context, ...place });
    tree.setPin(null);
    tree.append(record.entry, record.hash);
    return record;
  });
  return (await tree.save(records)) ? { records, unsigned: tree.unsigned } : null;
}

/** Whether a checkpoint failed for want of the key alone, which stops no work. */
export function isWithoutKey(error: unknown): error is Fault {
  return error instanceof Fault && (error.code === 'log-key-lost' || error.code === 'log-key-unreadable');
}
