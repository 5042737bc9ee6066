import { type NoteKey, parseNoteKey, sha256 } from '../crypto/index.js';
import { refused, verificationFailed } from '../model/index.js';
import type { CheckpointRecord, Repositories, StoreTransaction } from '../store/index.js';
import { type Clock, instant } from '../workspace/index.js';
import { type Checkpoint, openCheckpoint, originOf, signCheckpoint } from './checkpoint.js';
import type { CheckpointPin, LogEvent } from './log-entry.js';
import { adoptNextKey, type LogKey, makeLogKey, readLogKey } from './log-key.js';
import { consistencyProof, type NodeSource, verifyConsistency } from './merkle-tree.js';
import { GrowingTree, StoredTree } from './stored-tree.js';

/** A checkpoint that the store holds. */
export interface NumberedCheckpoint extends Checkpoint {
  /** From 1, without a gap. */
  number: number;
  madeAt: string;
}

/** Signs checkpoints with the workspace's key. */
export class LogSigner {
  constructor(
    private readonly workspace: () => string,
    private readonly keysFolder: string,
    private readonly clock: Clock,
  ) {}

  get origin(): string {
    return originOf(this.workspace());
  }

  /**
   * Signs the log as it is now, after it was proved that it continues the checkpoint before. Where the newest
   * checkpoint covers every entry, that one is returned.
   *
   * @param append appends the entry that introduces the first key
   * @throws Fault `log-key-lost` (exit 4), `log-rewound`, `log-inconsistent`, `checkpoint-changed` (exit 5)
   */
  async checkpoint(
    transaction: StoreTransaction,
    append: (event: LogEvent) => Promise<unknown>,
  ): Promise<NumberedCheckpoint> {
    const key = await this.currentKey(transaction, append);
    const tree = await GrowingTree.open(transaction);
    const keys = await logKeys(transaction);
    const before = await newestCheckpoint(transaction, keys);
    const head = { origin: this.origin, size: tree.size, root: tree.root() };
    if (before) {
      await requireConsistent(new StoredTree(transaction), before, head);
      if (before.size === head.size) return before;
    }
    const note = signCheckpoint(head, [key.privateKey]);
    const record: CheckpointRecord = {
      number: (before?.number ?? 0) + 1,
      size: head.size,
      madeAt: instant(this.clock),
      note,
    };
    await transaction.logTree.insertCheckpoint(record);
    tree.setPin(pinText(record));
    await tree.save([]);
    return { ...head, ...record, signedBy: [key.published] };
  }

  /** Makes the first key, which the next entry has to tell of as `log_key`. @returns it as C2SP signed-note writes it */
  async introduceKey(transaction: StoreTransaction): Promise<string> {
    const found = await readLogKey(this.keysFolder, this.origin);
    const { published } = found ?? (await makeLogKey(this.keysFolder, this.origin));
    const seq = ((await transaction.log.end())?.seq ?? 0) + 1;
    await transaction.logTree.insertKey({ number: 1, epoch: 1, key: published.text, seq });
    return published.text;
  }

  /** The key of which the log tells last; the first one is made here. @throws Fault `log-key-lost` (exit 4) */
  async currentKey(
    transaction: StoreTransaction,
    append: (event: LogEvent) => Promise<unknown>,
  ): Promise<LogKey> {
    const recorded = (await transaction.logTree.keys()).at(-1);
    const found = await readLogKey(this.keysFolder, this.origin);
    if (recorded === undefined) {
      const key = await this.introduceKey(transaction);
      await append({ action: 'log.key', outcome: 'done', data: { epoch: 1, log_key: key } });
      return (
        (await readLogKey(this.keysFolder, this.origin)) ?? (await makeLogKey(this.keysFolder, this.origin))
      );
    }
    if (found?.published.text === recorded.key) return found;
    // A rotation that was cut off after the log told of the new key, before its file got its name.
    const next = await readLogKey(this.keysFolder, this.origin, 'next');
    if (next?.published.text === recorded.key) {
      await adoptNextKey(this.keysFolder);
      return next;
    }
    const what = found === null ? 'is missing' : 'is not the one that the log tells of';
    throw refused('log-key-lost', `The key that signs the log ${what}; no checkpoint can be made`, {
      hint: 'Restore keys/log.signing-key.json from a backup. If it is lost for good: quietus log new-epoch --reason TEXT',
    });
  }
}

/** What the entry after a checkpoint names of it, as the store keeps it. */
function pinText({ number, note }: CheckpointRecord): string {
  return `${number} ${sha256(note)}`;
}

export function pinOf(text: string | null): CheckpointPin | undefined {
  const [number = '', digest = ''] = text?.split(' ') ?? [];
  return digest === '' ? undefined : { number: Number(number), sha256: digest };
}

/** Every public key of which the log's table of keys tells, oldest first. */
export async function logKeys(repositories: Repositories): Promise<NoteKey[]> {
  const records = await repositories.logTree.keys();
  return records.map(({ key }) => parseNoteKey(key)).filter((key) => key !== null);
}

/** The newest checkpoint. @throws Fault `checkpoint-changed` (exit 5) */
export async function newestCheckpoint(
  repositories: Repositories,
  keys?: readonly NoteKey[],
): Promise<NumberedCheckpoint | undefined> {
  const record = await repositories.logTree.latestCheckpoint();
  return record && verifiedCheckpoint(record, keys ?? (await logKeys(repositories)));
}

/** The newest checkpoints, newest first. @throws Fault `checkpoint-changed` (exit 5) */
export async function verifiedCheckpoints(
  repositories: Repositories,
  most: number,
): Promise<NumberedCheckpoint[]> {
  const keys = await logKeys(repositories);
  const records = await repositories.logTree.newestCheckpoints(most);
  return records.map((record) => verifiedCheckpoint(record, keys));
}

/** @throws Fault `checkpoint-changed` (exit 5) */
export function verifiedCheckpoint(record: CheckpointRecord, keys: readonly NoteKey[]): NumberedCheckpoint {
  const opened = openCheckpoint(record.note, keys);
  if (opened?.size === record.size) return { ...opened, number: record.number, madeAt: record.madeAt };
  throw verificationFailed('checkpoint-changed', `Checkpoint ${record.number} of the log was changed`, {
    hint: 'Keep the workspace as it is, and run: quietus log verify',
    details: { checkpoint: record.number },
  });
}

async function requireConsistent(
  source: NodeSource,
  older: { size: number; root: Buffer },
  newer: { size: number; root: Buffer },
): Promise<void> {
  const possible = older.size <= newer.size;
  const proof = possible ? await consistencyProof(source, older.size, newer.size) : [];
  if (possible && verifyConsistency(proof, older, newer)) return;
  throw verificationFailed(
    'log-inconsistent',
    `The log does not continue its newest checkpoint, which covers ${older.size} entries; it was not signed again`,
    {
      hint: 'Keep the workspace as it is, copy it, and run: quietus log verify',
      details: { checkpoint_size: older.size, size: newer.size },
    },
  );
}
