import { sha256 } from '../crypto/index.js';
import type { CheckpointRecord, LogRecord, Store } from '../store/index.js';
import type { CheckpointChecks, LogProblem, OutsideCheckpoint } from './checkpoint-checks.js';
import { columnsAgree } from './evidence.js';
import { GENESIS, type LogEntry, parseLogEntry } from './log-entry.js';
import { isTooEarly, PACK, type PackAnswer, treeParts } from './log-pack.js';
import { Frontier, leafHash, type TreeHash } from './merkle-tree.js';
import type { PackChecker } from './pack-checker.js';
import { nodesDiffer } from './stored-nodes.js';
import { SubtreeLevels } from './subtree-levels.js';

interface StreamOptions {
  store: Store;
  checks: CheckpointChecks;
  checker: PackChecker;
  /** Number of the last entry to look at; what is appended meanwhile is left to the next time. */
  last: number;
  workspace: string;
  /** Checkpoints from elsewhere, smallest first. */
  outside: readonly OutsideCheckpoint[];
  /** Milliseconds. */
  tolerance: number;
  /** Entries before which the clock is known to have run backwards. */
  acknowledged: ReadonlySet<number>;
  /** Number of the entry up to which that counts for nothing: a person confirmed the clock there. */
  clockUntil: number;
  /** Entries that begin an epoch and have the operator's signature. */
  epochs: ReadonlySet<number>;
  onProgress: ((entries: number) => void) | undefined;
  signal: AbortSignal | undefined;
}

/** A stretch of the log on its way through a thread. */
interface Stretch {
  first: number;
  records: readonly CheckpointRecord[];
  outside: readonly OutsideCheckpoint[];
  sizes: readonly number[];
  count: number;
  answer: Promise<PackAnswer | null>;
}

const HASH_BYTES = 32;
const MOST_STEPS = 100;
/** The largest number that an integer column of PostgreSQL holds. */
const LARGEST = 2 ** 31 - 1;

/** Reads the log from its beginning, stretch by stretch, and checks each against what came before. */
export class LogStream {
  entries = 0;
  head = GENESIS;
  outsideAgreed = 0;
  readonly clockSetBack: number[] = [];
  /** Numbers of the certificates that entries tell of, with the entries' numbers. */
  readonly issued = new Map<string, number>();
  readonly #tree = new Frontier();
  #latest = '';
  #time = '';
  /** Entries up to which a checkpoint from elsewhere agrees. */
  #agreed = 0;

  constructor(private readonly options: StreamOptions) {}

  root(): TreeHash {
    return this.#tree.root();
  }

  get peaks(): readonly TreeHash[] {
    return this.#tree.peaks;
  }

  /** @returns the first thing that is wrong */
  async read(): Promise<LogProblem | null> {
    const { last, checker, onProgress, signal, outside } = this.options;
    const under: Promise<Stretch>[] = [];
    let next = 1;
    try {
      while (next <= last || under.length > 0) {
        signal?.throwIfAborted();
        while (next <= last && under.length < checker.width) {
          const begun = this.#begin(next);
          // It is waited for later; a failure before that is no unhandled one.
          begun.catch(() => undefined);
          under.push(begun);
          next += PACK;
        }
        const stretch = await under.shift();
        if (stretch === undefined) break;
        const problem = await this.#finish(stretch);
        if (problem) return problem;
        onProgress?.(this.entries);
      }
    } finally {
      // Reading goes on in the database's own threads: it must be over before that is closed.
      await Promise.allSettled(under);
    }
    const beyond = outside.filter(({ size }) => size > last);
    for (const head of beyond) {
      const problem = this.options.checks.beyond(head, this.entries);
      if (problem) return problem;
    }
    const more = await this.options.store.logTree.checkpointsOfSizes(last, LARGEST);
    const [lost] = more;
    const grown = lost && ((await this.options.store.log.end())?.seq ?? 0) >= lost.size;
    if (lost === undefined || grown) return null;
    const text = `Checkpoint ${lost.number} covers ${lost.size} entries, the log has ${this.entries}`;
    return { seq: this.entries + 1, code: 'log-rewound', text };
  }

  async #begin(first: number): Promise<Stretch> {
    const { store, checker, workspace, tolerance, last, outside } = this.options;
    const limit = Math.min(PACK, last - first + 1);
    const end = first + limit - 1;
    const records = await store.logTree.checkpointsOfSizes(first - 1, end);
    const heads = outside.filter(({ size }) => size >= first && size <= end);
    const sizes = [...new Set([...records, ...heads].map(({ size }) => size))].toSorted((a, b) => a - b);
    const { bytes, count } = await store.log.pack(first - 1, limit);
    const whole = count === limit;
    const request = { bytes, first, count, workspace, tolerance, sizes };
    const answer = whole ? checker.check(request) : Promise.resolve(null);
    // It is waited for later; a failure before that is no unhandled one.
    answer.catch(() => undefined);
    return { first, records, outside: heads, sizes, count: limit, answer };
  }

  async #finish(stretch: Stretch): Promise<LogProblem | null> {
    const answer = await stretch.answer;
    if (answer === null || !this.#follows(answer)) return await this.#oneByOne(stretch);
    return await this.#take(stretch, answer);
  }

  /** Whether a stretch that is good in itself follows from what came before. */
  #follows(answer: PackAnswer): boolean {
    return answer.prev === this.head && !isTooEarly(answer.minTime, this.#latest, this.options.tolerance);
  }

  async #take(stretch: Stretch, answer: PackAnswer): Promise<LogProblem | null> {
    const problem =
      (await this.#checkpointsIn(stretch, answer)) ??
      (await nodesDiffer(this.options.store, stretch.first, answer.nodes));
    if (problem) return problem;
    if (answer.firstTime < this.#time) this.#noteSetBack(stretch.first);
    for (const seq of answer.setBack) this.#noteSetBack(seq);
    this.#append(this.#tree, answer.peaks, stretch.count);
    this.entries += stretch.count;
    this.head = answer.head;
    this.#time = answer.lastTime;
    if (answer.maxTime > this.#latest) this.#latest = answer.maxTime;
    return null;
  }

  /** Entries of note and checkpoints of a stretch, in order. */
  async #checkpointsIn(stretch: Stretch, answer: PackAnswer): Promise<LogProblem | null> {
    const notable = answer.notable.map(parseLogEntry).filter((entry) => entry !== null);
    for (const [at, size] of stretch.sizes.entries()) {
      const before = notable.findIndex(({ seq }) => seq > size);
      const covered = notable.splice(0, before === -1 ? notable.length : before);
      const problem =
        this.#entriesOfNote(covered) ?? this.#heads(stretch, size, answer.peaksAt[at] as Uint8Array);
      if (problem) return problem;
    }
    return (
      this.#entriesOfNote(notable) ?? this.options.checks.nameIsMissing(stretch.first + stretch.count - 1)
    );
  }

  #entriesOfNote(entries: readonly LogEntry[]): LogProblem | null {
    for (const entry of entries) {
      const { checks } = this.options;
      const problem = checks.nameIsMissing(entry.seq - 1) ?? checks.entry(entry);
      if (problem) return problem;
      if (entry.action === 'log.new-epoch' && !this.options.epochs.has(entry.seq)) {
        const text = 'The entry begins a new epoch without the signature of its operator';
        return { seq: entry.seq, code: 'epoch-unsigned', text };
      }
      if (entry.action === 'certificate.issue' && entry.outcome === 'done')
        this.issued.set(String(entry.subject.certificate), entry.seq);
    }
    return null;
  }

  #heads(stretch: Stretch, size: number, peaks: Uint8Array): LogProblem | null {
    const tree = new Frontier(this.#tree.size, this.#tree.peaks);
    this.#append(tree, peaks, size - stretch.first + 1);
    const root = tree.root();
    const { checks } = this.options;
    const missing = checks.nameIsMissing(size);
    if (missing) return missing;
    for (const record of stretch.records) {
      const problem = record.size === size ? checks.stored(record, root) : null;
      if (problem) return problem;
    }
    for (const head of stretch.outside) {
      if (head.size !== size) continue;
      const problem = checks.outside(
        head,
        root,
        Math.max(this.#agreed, checks.size === size ? 0 : checks.size),
      );
      if (problem) return problem;
      this.#agreed = size;
      this.outsideAgreed += 1;
    }
    return null;
  }

  #append(tree: Frontier, peaks: Uint8Array, count: number): void {
    const bytes = Buffer.from(peaks.buffer, peaks.byteOffset, peaks.byteLength);
    let at = 0;
    for (let level = Math.floor(Math.log2(count)); level >= 0; level -= 1) {
      if (Math.floor(count / 2 ** level) % 2 === 0) continue;
      tree.appendSubtree(level, bytes.subarray(at, at + HASH_BYTES));
      at += HASH_BYTES;
    }
  }

  #noteSetBack(seq: number): void {
    if (this.clockSetBack.length < MOST_STEPS) this.clockSetBack.push(seq);
  }

  /** Looks at each entry of a stretch by itself: to say which is bad, and for what the fast check cannot decide. */
  async #oneByOne(stretch: Stretch): Promise<LogProblem | null> {
    const { store } = this.options;
    const leaves: TreeHash[] = [];
    const notable: string[] = [];
    const before = { entries: this.entries, head: this.head };
    for (const record of await store.log.page(stretch.first - 1, stretch.count)) {
      const entry = this.#nextEntry(record);
      if ('code' in entry) return entry;
      leaves.push(leafHash(record.entry));
      if (entry.checkpoint || /^(?:certificate\.|log\.|workspace\.create)/.test(entry.action))
        notable.push(record.entry);
    }
    if (this.entries - before.entries < stretch.count) return missing(this.entries + 1, null);
    const answer: PackAnswer = {
      prev: before.head,
      head: this.head,
      // Times were compared entry by entry.
      minTime: this.#time,
      maxTime: this.#latest,
      firstTime: this.#time,
      lastTime: this.#time,
      setBack: [],
      ...treeParts(SubtreeLevels.over(leaves), stretch),
      notable,
    };
    [this.entries, this.head] = [before.entries, before.head];
    return await this.#take(stretch, answer);
  }

  /** Checks one record against what came before, and moves on where it is good. */
  #nextEntry(record: LogRecord): LogEntry | LogProblem {
    const expected = this.entries + 1;
    const problem = (code: string, text: string): LogProblem => ({ seq: record.seq, code, text });
    if (record.seq !== expected) return missing(expected, record.seq);
    if (sha256(record.entry) !== record.hash)
      return problem('entry-changed', 'The entry does not match its hash');
    const entry = parseLogEntry(record.entry);
    if (entry === null) return problem('entry-malformed', 'The entry is not an entry in canonical JSON');
    if (entry.prev !== this.head)
      return problem('chain-broken', 'The entry does not follow from the one before it');
    if (entry.workspace !== this.options.workspace)
      return problem('workspace-differs', 'The entry is of another workspace');
    if (!columnsAgree(record, entry))
      return problem('columns-differ', 'The columns beside the entry say something else than the entry');
    const known = entry.seq <= this.options.clockUntil || this.options.acknowledged.has(entry.seq);
    if (isTooEarly(entry.time, this.#latest, this.options.tolerance)) {
      if (!known)
        return problem(
          'clock-backwards',
          `The entry is of ${entry.time}, after one of ${this.#latest}: a clock ran backwards`,
        );
      this.#latest = entry.time;
    }
    if (entry.time < this.#time) this.#noteSetBack(entry.seq);
    if (entry.time > this.#latest) this.#latest = entry.time;
    this.#time = entry.time;
    this.entries = expected;
    this.head = record.hash;
    return entry;
  }
}

function missing(seq: number, follows: number | null): LogProblem {
  const text = follows === null ? `Entry ${seq} is missing` : `Entry ${seq} is missing; ${follows} follows`;
  return { seq, code: 'entry-missing', text };
}
