import { verificationFailed } from '../model/index.js';
import type { LogRecord, Repositories, StoreTransaction, TreeNodeRecord, TreeState } from '../store/index.js';
import { GENESIS } from './log-entry.js';
import { completeSubtrees, Frontier, leafHash, type NodeSource, type TreeHash } from './merkle-tree.js';
import { STORED_LEVEL } from './stored-nodes.js';

const BLOCK = 2 ** STORED_LEVEL;
const HASH_BYTES = 32;
const PAGE = 2000;
/** Blocks that a proof goes through at the same time: that of the entry and that at the right edge. */
const CACHED_BLOCKS = 4;

/** The tree of a log as its store holds it: upper nodes in a table, lower ones made from the entries. */
export class StoredTree implements NodeSource {
  readonly #blocks = new Map<number, TreeHash[][]>();

  constructor(private readonly repositories: Repositories) {}

  /** @throws Fault `log-entry-missing`, `log-tree-damaged` (exit 5) */
  async node(level: number, position: number): Promise<TreeHash> {
    if (level >= STORED_LEVEL) {
      const hash = await this.repositories.logTree.node(level, position);
      if (hash?.length === HASH_BYTES) return hash;
    } else {
      const block = Math.floor(position / 2 ** (STORED_LEVEL - level));
      const hash = (await this.#block(block))[level]?.[position - block * 2 ** (STORED_LEVEL - level)];
      if (hash) return hash;
    }
    throw verificationFailed(
      'log-tree-damaged',
      'The Merkle tree of the log lacks a node that it must have',
      {
        hint: 'Keep the workspace as it is, and run: quietus log verify',
        details: { level, position },
      },
    );
  }

  async #block(block: number): Promise<TreeHash[][]> {
    const known = this.#blocks.get(block);
    if (known) return known;
    const levels = completeSubtrees(await this.#leaves(block));
    if (this.#blocks.size >= CACHED_BLOCKS) this.#blocks.clear();
    this.#blocks.set(block, levels);
    return levels;
  }

  async #leaves(block: number): Promise<TreeHash[]> {
    const records = await this.repositories.log.page(block * BLOCK, BLOCK);
    return records
      .filter(({ seq }, at) => seq === block * BLOCK + at + 1)
      .map(({ entry }) => leafHash(entry));
  }
}

function split(bytes: Buffer): TreeHash[] {
  return Array.from({ length: Math.floor(bytes.length / HASH_BYTES) }, (_, at) =>
    bytes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES),
  );
}

/** The hashes of edges that this process has saved: to take them out of their bytes again takes a tenth of an append. */
const peaksOf = new WeakMap<TreeState, readonly TreeHash[]>();

/** Right edge of the stored tree. @throws Fault `log-tree-damaged` (exit 5) */
function frontierOf(state: TreeState): Frontier {
  try {
    return new Frontier(state.size, peaksOf.get(state) ?? split(state.peaks));
  } catch (error) {
    throw verificationFailed('log-tree-damaged', 'The Merkle tree of the log has an edge of another size', {
      cause: error,
      hint: 'Keep the workspace as it is, and run: quietus log verify',
    });
  }
}

/** The tree while entries are appended to it, in one transaction. */
export class GrowingTree {
  readonly #completed: TreeNodeRecord[] = [];
  readonly #state: TreeState;
  readonly #frontier: Frontier;

  /** @param before the edge, where it was not read in this transaction and has to be compared */
  private constructor(
    private readonly transaction: StoreTransaction,
    private readonly before: TreeState | undefined,
    state: TreeState,
  ) {
    this.#state = { ...state };
    this.#frontier = frontierOf(state);
  }

  /** The tree as this process left it; `save` tells whether it is so still. Undefined where that is not known. */
  static remembered(transaction: StoreTransaction): GrowingTree | undefined {
    const state = transaction.logEnd.remembered;
    return state && new GrowingTree(transaction, state, state);
  }

  /**
   * Opens the tree at the end of the log. Entries that are not in it yet, because an older version of this program
   * wrote them, are taken in.
   *
   * @throws Fault `log-rewound` (exit 5) where the log ends before its tree, or with another entry
   */
  static async open(transaction: StoreTransaction): Promise<GrowingTree> {
    const { state: kept, end: head } = await transaction.logEnd.edge();
    const state = kept ?? (await emptyState(transaction));
    const tree = new GrowingTree(transaction, undefined, state);
    const seq = head?.seq ?? 0;
    if (seq > state.size) await tree.#takeIn(seq);
    else if (seq < state.size || (head?.hash ?? GENESIS) !== state.head) throw rewound(state.size, seq);
    return tree;
  }

  get size(): number {
    return this.#frontier.size;
  }

  get head(): string {
    return this.#state.head;
  }

  get pin(): string | null {
    return this.#state.pin;
  }

  get unsigned(): number {
    return this.size - this.#state.checkpointSize;
  }

  root(): TreeHash {
    return this.#frontier.root();
  }

  append(entry: string, hash: string): void {
    this.#frontier.append(leafHash(entry), (node) => {
      if (node.level >= STORED_LEVEL) this.#completed.push(node);
    });
    this.#state.head = hash;
  }

  /** Notes that the newest checkpoint covers the tree as it is. @param pin what the next entry names of it; null once one has */
  setPin(pin: string | null): void {
    this.#state.pin = pin;
    if (pin !== null) this.#state.checkpointSize = this.size;
  }

  /**
   * Writes the entries that were appended, and the tree with them.
   *
   * @param records those that are not stored yet
   * @returns false where the log does not end where this tree began; nothing is written then
   */
  async save(records: readonly LogRecord[]): Promise<boolean> {
    const { logEnd, logTree } = this.transaction;
    const after = { ...this.#state, size: this.size, peaks: Buffer.concat(this.#frontier.peaks) };
    peaksOf.set(after, [...this.#frontier.peaks]);
    if (records.length === 0) await logEnd.save(after);
    else if (!(await logEnd.append(records, this.before, after))) return false;
    if (this.#completed.length > 0) await logTree.insertNodes(this.#completed.splice(0));
    return true;
  }

  async #takeIn(last: number): Promise<void> {
    while (this.size < last) {
      const page = await this.transaction.log.page(this.size, PAGE);
      for (const { seq, entry, hash } of page) {
        if (seq !== this.size + 1) throw missing(this.size + 1);
        this.append(entry, hash);
      }
      if (page.length === 0) throw missing(this.size + 1);
      await this.save([]);
    }
  }
}

/** Of a log without a tree: a new one, or one of an older version of this program, which made no checkpoints. */
async function emptyState(transaction: StoreTransaction): Promise<TreeState> {
  if ((await transaction.logTree.latestCheckpoint()) === undefined)
    return { size: 0, head: GENESIS, peaks: Buffer.alloc(0), checkpointSize: 0, pin: null };
  throw verificationFailed(
    'log-tree-damaged',
    'The Merkle tree of the log is missing, though it has checkpoints',
    {
      hint: 'Keep the workspace as it is, and run: quietus log verify',
    },
  );
}

function missing(seq: number): Error {
  return verificationFailed('log-entry-missing', `Entry ${seq} of the log is missing`, {
    hint: 'Keep the workspace as it is, and run: quietus log verify',
    details: { seq },
  });
}

function rewound(expected: number, found: number): Error {
  return verificationFailed(
    'log-rewound',
    `The log does not end where it ended: its tree has ${expected} entries, and the last entry is ${found}, or another one`,
    {
      hint: 'Keep the workspace as it is, copy it, and run: quietus log verify; nothing is recorded until this is explained',
      details: { seq: Math.min(expected, found + 1) },
    },
  );
}
