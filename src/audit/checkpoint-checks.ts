import { type NoteKey, sha256 } from '../crypto/index.js';
import type { CheckpointRecord } from '../store/index.js';
import { openCheckpoint } from './checkpoint.js';
import { introducedKey } from './key-statement.js';
import type { LogEntry } from './log-entry.js';
import type { TreeHash } from './merkle-tree.js';

/** The first thing that is wrong with the log. */
export interface LogProblem {
  seq: number;
  code: string;
  text: string;
  /** Root, base64, of a checkpoint from elsewhere that the log does not continue; an operator may acknowledge that. */
  lostRoot?: string;
}

/** A checkpoint from outside of the database: a witness's, or one that a person kept. */
export interface OutsideCheckpoint {
  /** Where it comes from, for messages. */
  place: string;
  size: number;
  root: Buffer;
  note: string;
}

/** A key with the entry that introduces it; it signs the checkpoints that cover that entry. */
interface KnownKey {
  seq: number;
  epoch: number;
  key: NoteKey;
}

/**
 * What the checkpoints of a log must be, checked in the order of the entries: each signed with the key of which the log
 * tells at that point, each with the root that the entries give, numbered without a gap, and named by the entry after it.
 */
export class CheckpointChecks {
  readonly #keys: KnownKey[] = [];
  readonly #acknowledged = new Set<string>();
  #number = 0;
  #size = 0;
  /** The checkpoint that the next entry has to name. */
  #unnamed: CheckpointRecord | undefined;

  constructor(private readonly origin: string) {}

  /** Entries that the newest checkpoint covers. */
  get size(): number {
    return this.#size;
  }

  get count(): number {
    return this.#number;
  }

  /** Public keys of which the log tells, oldest first. */
  get keys(): readonly KnownKey[] {
    return this.#keys;
  }

  /** An entry that tells of a key or names a checkpoint. */
  entry(entry: LogEntry): LogProblem | null {
    const problem = (code: string, text: string): LogProblem => ({ seq: entry.seq, code, text });
    const named = this.#unnamed;
    if (entry.checkpoint) {
      this.#unnamed = undefined;
      const { number, sha256: digest } = entry.checkpoint;
      if (named === undefined || named.number !== number)
        return problem(
          'checkpoint-missing',
          `Checkpoint ${number}, which the entry names, is not there any more`,
        );
      if (sha256(named.note) !== digest)
        return problem('checkpoint-changed', `Checkpoint ${number} is not the one that the entry names`);
    }
    const introduced = introducedKey(entry, this.origin, this.#keys.at(-1));
    if (typeof introduced === 'string')
      return problem('key-invalid', `A new key is not in order: ${introduced}`);
    if (introduced) this.#keys.push({ seq: entry.seq, ...introduced });
    return null;
  }

  /** Asked at the entry after a checkpoint, which has to name it. */
  nameIsMissing(seq: number): LogProblem | null {
    const named = this.#unnamed;
    if (named === undefined || named.size >= seq) return null;
    const text = `Entry ${named.size + 1} does not name checkpoint ${named.number}, which was made right before it`;
    return { seq: named.size + 1, code: 'checkpoint-unnamed', text };
  }

  /** A checkpoint of the database, with the root that its entries give. */
  stored(record: CheckpointRecord, root: TreeHash): LogProblem | null {
    const problem = (code: string, text: string): LogProblem => ({
      seq: Math.max(1, this.#size + 1),
      code,
      text,
    });
    if (record.number !== this.#number + 1) {
      const missing = record.number > this.#number + 1;
      return missing
        ? problem('checkpoint-missing', `Checkpoint ${this.#number + 1} is missing`)
        : problem('checkpoint-regressed', `Checkpoint ${record.number} covers more entries than a later one`);
    }
    const opened = openCheckpoint(record.note, this.#keysAt(record.size));
    if (opened === null || opened.origin !== this.origin || opened.size !== record.size)
      return problem(
        'checkpoint-changed',
        `Checkpoint ${record.number} is not signed with the key of the log`,
      );
    if (!opened.root.equals(root))
      return problem(
        'checkpoint-differs',
        `The entries up to ${record.size} are not those that checkpoint ${record.number} was signed for; those up to ${this.#size} are`,
      );
    this.#number = record.number;
    this.#size = record.size;
    this.#unnamed = record;
    return null;
  }

  /** Takes note that an operator has acknowledged that a checkpoint was lost. */
  acknowledge(root: string): void {
    this.#acknowledged.add(root);
  }

  /** A checkpoint from elsewhere that covers no more than the log. @param agreed entries that the one before it covers */
  outside(head: OutsideCheckpoint, root: TreeHash, agreed: number): LogProblem | null {
    if (this.#acknowledged.has(head.root.toString('base64'))) return null;
    if (openCheckpoint(head.note, this.#keysAt(head.size)) === null)
      return {
        seq: agreed + 1,
        code: 'checkpoint-key-unknown',
        text: `The checkpoint of ${head.size} entries in ${head.place} is signed with a key of which the log does not tell`,
        lostRoot: head.root.toString('base64'),
      };
    if (head.root.equals(root)) return null;
    return {
      seq: agreed + 1,
      code: 'outside-checkpoint-differs',
      text: `The entries up to ${head.size} are not those of the checkpoint in ${head.place}; those up to ${agreed} are`,
      lostRoot: head.root.toString('base64'),
    };
  }

  /** A checkpoint from elsewhere of more entries than the log has. */
  beyond(head: OutsideCheckpoint, entries: number): LogProblem | null {
    if (this.#acknowledged.has(head.root.toString('base64'))) return null;
    return {
      seq: entries + 1,
      code: 'log-rewound',
      text: `A checkpoint in ${head.place} covers ${head.size} entries, the log has ${entries}: its end is missing, or the database is an older copy`,
      lostRoot: head.root.toString('base64'),
    };
  }

  /** Keys that may sign a checkpoint of this size: the newest then, and where it was rotated right there the one before. */
  #keysAt(size: number): NoteKey[] {
    const last = this.#keys.findLast(({ seq }) => seq <= size);
    return last ? [last.key] : [];
  }
}
