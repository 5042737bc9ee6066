import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { type FileHandle, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import {
  Fault,
  type Recipient,
  type Transfer,
  type TransferMedium,
  type TransferRecipient,
  verificationFailed,
} from '../model/index.js';
import type { Session } from '../session/index.js';
import { instant, isRunning } from '../workspace/index.js';
import type { FormatChoice } from './format-choice.js';
import type { ReplacedFile } from './replaced-file.js';
import { isTemporaryOf } from './temporary-output.js';

/** What was written, once it is proved. */
export interface WrittenFacts {
  plaintextBytes: number;
  ciphertextBytes: number;
  /** Null where nobody knows, as of a pack that was encrypted again. */
  files: number | null;
  leftOut: number;
  /** Null where it went into a pipe and could not be read back. */
  ciphertextSha256: string | null;
  /** Whether it was also read from the medium itself, past the page cache. */
  fromMedium: boolean;
  escrow: string | null;
}

/** An entry of the log, for evidence that refers to it. */
export interface LogReference {
  seq: number;
  hash: string;
}

/** The life of one transfer in the register and in the log: intent before anything is written, outcome after. */
export class TransferRecord {
  private constructor(
    private readonly session: Session,
    readonly transfer: Transfer,
    private readonly choice: FormatChoice,
  ) {}

  /** Records the intent. @param work where it will be written; null for a pipe */
  static async begin(
    session: Session,
    request: {
      recipients: readonly Recipient[];
      choice: FormatChoice;
      work: { temporary: string; output: string } | null;
      medium: TransferMedium | null;
      replaces: ReplacedFile | null;
    },
  ): Promise<TransferRecord> {
    const { choice, work, replaces } = request;
    const operator = await session.operator();
    const all = [...request.recipients, ...choice.recovery];
    return await session.store.transaction(async (transaction) => {
      const year = session.today().slice(0, 4);
      const sequence = await transaction.transfers.nextSequence(Number(year));
      const transfer: Transfer = {
        id: `T-${year}-${String(sequence).padStart(4, '0')}`,
        state: 'begun',
        format: choice.format,
        begunAt: instant(session.clock),
        begunBy: operator.id,
        endedAt: null,
        recipients: all.map(recipientFacts),
        work: work && { host: hostname(), pid: process.pid, ...work },
        plaintextBytes: null,
        ciphertextBytes: null,
        files: null,
        ciphertextSha256: null,
        escrow: null,
        escrowRecipient: null,
        media: request.medium,
      };
      await transaction.transfers.insert(transfer);
      await session.recorder.append(transaction, {
        action: 'transfer.encrypt',
        outcome: 'intent',
        subject: { transfer: transfer.id },
        data: {
          format: choice.format,
          recipients: all.map(({ name, fingerprint }) => ({ name, fingerprint })),
          escrow: choice.escrow?.name ?? null,
          unrecoverable: choice.unrecoverable,
          portable_medium: request.medium !== null,
          ...(replaces !== null && { re_encrypts: replaces.transfer }),
        },
      });
      return new TransferRecord(session, transfer, choice);
    });
  }

  /** Keeps what is known before the file appears: a crash right after it can then be told from one before. */
  async proved(facts: WrittenFacts): Promise<void> {
    await this.session.store.transaction((transaction) =>
      transaction.transfers.update(this.transfer.id, {
        plaintextBytes: facts.plaintextBytes,
        ciphertextBytes: facts.ciphertextBytes,
        files: facts.files,
        ciphertextSha256: facts.ciphertextSha256,
        escrow: facts.escrow,
        escrowRecipient: facts.escrow === null ? null : (this.choice.escrow?.id ?? null),
      }),
    );
  }

  /** Records the outcome. */
  async done(facts: WrittenFacts): Promise<LogReference> {
    return await this.session.store.transaction(async (transaction) => {
      await transaction.transfers.update(this.transfer.id, {
        state: 'done',
        endedAt: instant(this.session.clock),
        work: null,
      });
      const { seq, hash } = await this.session.recorder.append(transaction, {
        action: 'transfer.encrypt',
        outcome: 'done',
        subject: { transfer: this.transfer.id },
        data: outcomeData(facts),
      });
      return { seq, hash };
    });
  }

  /** Records that nothing came of it. */
  async failed(error: unknown): Promise<void> {
    await recordFailure(this.session, this.transfer.id, codeOf(error));
  }
}

function recipientFacts({ name, kind, fingerprint, recovery }: Recipient): TransferRecipient {
  return { name, kind, fingerprint, recovery };
}

function outcomeData(facts: WrittenFacts): Record<string, unknown> {
  return {
    ciphertext_sha256: facts.ciphertextSha256,
    ciphertext_bytes: facts.ciphertextBytes,
    plaintext_bytes: facts.plaintextBytes,
    files: facts.files,
    left_out: facts.leftOut,
    read_back: facts.ciphertextSha256 !== null,
    ...(facts.fromMedium && { read_from_medium: true }),
  };
}

function codeOf(error: unknown): string {
  if (error instanceof Fault) return error.code;
  const { name, code } = error as NodeJS.ErrnoException;
  return name === 'AbortError' ? 'interrupted' : (code ?? 'defect');
}

async function recordFailure(session: Session, id: string, code: string): Promise<void> {
  await session.store.transaction(async (transaction) => {
    await transaction.transfers.update(id, {
      state: 'failed',
      endedAt: instant(session.clock),
      work: null,
      escrow: null,
      escrowRecipient: null,
    });
    await session.recorder.append(transaction, {
      action: 'transfer.encrypt',
      outcome: 'failed',
      subject: { transfer: id },
      data: { code },
    });
  });
}

/**
 * Ends what a killed process of this machine left behind: its temporary file is taken away; where the proved file had
 * already appeared, the transfer is recorded as done. In a shared workspace each operator's is left to that operator: other
 * accounts may neither look at the file nor remove it.
 *
 * @returns ids of the transfers that were ended
 * @throws Fault `transfer-changed` (exit 5) where the temporary file is none that this program makes
 */
export async function clearUp(session: Session): Promise<string[]> {
  const cutOff = await cutOffTransfers(session);
  if (cutOff.length === 0) return [];
  const operator = await session.operator();
  const own = cutOff.filter(({ work, begunBy }) => work === null || begunBy === operator.id);
  for (const transfer of own) {
    const { work } = transfer;
    // The place is in the database alone: what somebody wrote in there must not have any other file removed.
    if (work !== null && !isTemporaryOf(work.temporary, work.output)) throw changed(transfer);
    if (work !== null && (await hasAppeared(transfer, work.output)))
      await recordLateOutcome(session, transfer);
    else await recordFailure(session, transfer.id, 'cut-off');
    if (work !== null) await removeLeft(session, work.temporary);
  }
  return own.map(({ id }) => id);
}

/** What cannot be removed, such as on a medium that is read-only by now, is no reason to encrypt nothing else. */
async function removeLeft(session: Session, path: string): Promise<void> {
  try {
    await rm(path, { force: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    session.warn(`The unfinished encrypted file ${path} could not be removed (${code}): remove it yourself`);
  }
}

function changed({ id }: Transfer): Error {
  return verificationFailed(
    'transfer-changed',
    `What the database holds of the transfer ${id} is not what this program writes`,
    {
      hint: 'Somebody changed the database. Run: quietus log verify, and keep the workspace as it is',
      details: { transfer: id },
    },
  );
}

/** Transfers that ended without an outcome, because their process on this machine was killed. */
export async function cutOffTransfers({
  store,
  clock,
}: Pick<Session, 'store' | 'clock'>): Promise<Transfer[]> {
  // A pipe has no process to look for here: after a day it has ended.
  const yesterday = new Date(clock.now().getTime() - DAY_MS).toISOString();
  return (await store.transfers.begun()).filter(({ work, begunAt }) =>
    work === null ? begunAt <= yesterday : work.host === hostname() && !isRunning(work.pid),
  );
}

const DAY_MS = 24 * 60 * 60 * 1000;

async function hasAppeared({ ciphertextSha256 }: Transfer, output: string): Promise<boolean> {
  if (ciphertextSha256 === null || !existsSync(output)) return false;
  return (await sha256OfFile(output)) === ciphertextSha256;
}

/** @param file path, or the open file, which stays open @returns lower-case hex */
export async function sha256OfFile(file: string | FileHandle): Promise<string> {
  const hash = createHash('sha256');
  const options = { highWaterMark: 1024 * 1024 };
  const stream =
    typeof file === 'string'
      ? createReadStream(file, options)
      : file.createReadStream({ ...options, start: 0, autoClose: false });
  for await (const piece of stream) hash.update(piece as Buffer);
  return hash.digest('hex');
}

async function recordLateOutcome(session: Session, transfer: Transfer): Promise<void> {
  await session.store.transaction(async (transaction) => {
    await transaction.transfers.update(transfer.id, {
      state: 'done',
      endedAt: instant(session.clock),
      work: null,
    });
    await session.recorder.append(transaction, {
      action: 'transfer.encrypt',
      outcome: 'done',
      subject: { transfer: transfer.id },
      data: {
        ...outcomeData({
          plaintextBytes: transfer.plaintextBytes ?? 0,
          ciphertextBytes: transfer.ciphertextBytes ?? 0,
          files: transfer.files,
          leftOut: 0,
          ciphertextSha256: transfer.ciphertextSha256,
          // The process that would know it was killed.
          fromMedium: false,
          escrow: null,
        }),
        late: true,
      },
    });
  });
}
