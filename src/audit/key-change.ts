import type { KeyObject } from 'node:crypto';
import { signText } from '../crypto/index.js';
import { badInput, verificationFailed } from '../model/index.js';
import type { Store, StoreTransaction } from '../store/index.js';
import { originOf } from './checkpoint.js';
import type { OutsideCheckpoint } from './checkpoint-checks.js';
import { acknowledgementText, keyStatement } from './key-statement.js';
import { adoptNextKey, makeLogKey, readLogKey } from './log-key.js';
import { checkpointLog } from './proving.js';
import type { Recorder } from './recorder.js';
import type { NumberedCheckpoint } from './signer.js';
import { verifyLog } from './verification.js';

/** What changes the key of a log. A session is one. */
export interface LogDesk {
  readonly store: Store;
  readonly recorder: Recorder;
  readonly paths: { keys: string };
  settings(): { workspaceId: string; log: { clockTolerance: number } };
}

/** A change of key, and the first checkpoint that the new one signed. */
export interface KeyChange {
  epoch: number;
  /** Public key as C2SP signed-note writes it. */
  key: string;
  seq: number;
  checkpoint: NumberedCheckpoint;
}

/**
 * Puts a new key in the place of the log's. The old one signs a checkpoint of all before, and the statement that the new
 * one follows it; then its private part is gone. A crash at any point leaves either key whole, and the log tells which.
 *
 * @throws Fault `log-key-lost` (exit 4) where the old key is not there, and what making a checkpoint throws
 */
export async function rotateLogKey(desk: LogDesk): Promise<KeyChange> {
  const origin = originOf(desk.settings().workspaceId);
  await checkpointLog(desk);
  const changed = await desk.store.transaction(async (transaction) => {
    const before = await readLogKey(desk.paths.keys, origin);
    const keys = await transaction.logTree.keys();
    const current = keys.at(-1);
    if (before === null || current?.key !== before.published.text) throw changedMeanwhile();
    const next = await makeLogKey(desk.paths.keys, origin, 'next');
    return await introduce(desk, transaction, 'log.rotate-key', {
      number: current.number + 1,
      epoch: current.epoch,
      key: next.published.text,
      data: { statement: keyStatement(origin, current.epoch, next, before) },
    });
  });
  await adoptNextKey(desk.paths.keys);
  return { ...changed, checkpoint: await checkpointLog(desk) };
}

async function introduce(
  { recorder }: LogDesk,
  transaction: StoreTransaction,
  action: string,
  change: { number: number; epoch: number; key: string; data: Readonly<Record<string, unknown>> },
): Promise<Omit<KeyChange, 'checkpoint'>> {
  const { number, epoch, key, data } = change;
  const record = await recorder.append(transaction, {
    action,
    outcome: 'done',
    data: { epoch, log_key: key, ...data },
  });
  await transaction.logTree.insertKey({ number, epoch, key, seq: record.seq });
  return { epoch, key, seq: record.seq };
}

function changedMeanwhile(): Error {
  return badInput('log-key-changed', 'Another command has changed the key of the log meanwhile', {
    hint: 'Try again',
  });
}

/** What is wrong with a log that an operator may acknowledge: nothing in it was changed, but something was lost. */
export interface Losses {
  /** Numbers of entries before which the clock ran backwards. */
  clock: number[];
  /** Roots, base64, of checkpoints that are kept elsewhere and that the log does not continue. */
  lost: string[];
}

const MOST_LOSSES = 100;

/**
 * Finds what a new epoch has to acknowledge.
 *
 * @throws Fault `log-broken` (exit 5) where entries were changed: nobody can acknowledge that
 */
export async function findLosses(desk: LogDesk, outside: readonly OutsideCheckpoint[]): Promise<Losses> {
  const losses: Losses = { clock: [], lost: [] };
  const { workspaceId, log } = desk.settings();
  for (let count = 0; count <= MOST_LOSSES; count += 1) {
    const { problem } = await verifyLog(desk.store, {
      workspace: workspaceId,
      clockTolerance: log.clockTolerance,
      outside,
      losses,
    });
    if (problem === null) return losses;
    if (problem.code === 'clock-backwards') losses.clock.push(problem.seq);
    else if (problem.lostRoot !== undefined) losses.lost.push(problem.lostRoot);
    else {
      throw verificationFailed(
        'log-broken',
        `The log does not verify at entry ${problem.seq}: ${problem.text}`,
        {
          hint: 'A new epoch does not help: restore the workspace from a backup',
          details: { seq: problem.seq, problem: problem.code },
        },
      );
    }
  }
  throw verificationFailed('log-broken', `More than ${MOST_LOSSES} things are wrong with the log`, {
    hint: 'Restore the workspace from a backup',
  });
}

/**
 * Begins a new epoch, visibly: with a new key that no old one vouches for, an operator's signature, the reason, and what
 * was lost. For a log whose key is lost, whose end is lost (a database restored from a backup), or whose clock ran backwards.
 *
 * @param operatorKey private key of the operator of this session
 */
export async function beginEpoch(
  desk: LogDesk,
  request: { reason: string; losses: Losses; operatorKey: KeyObject },
): Promise<KeyChange> {
  const origin = originOf(desk.settings().workspaceId);
  const changed = await desk.store.transaction(async (transaction) => {
    const current = (await transaction.logTree.keys()).at(-1);
    if (current === undefined) {
      throw badInput('log-key-first', 'The log has no key yet, so none is lost', {
        hint: 'Make the first one: quietus log checkpoint',
      });
    }
    const epoch = current.epoch + 1;
    const next = await makeLogKey(desk.paths.keys, origin, 'next');
    const statement = keyStatement(origin, epoch, next, null);
    const { reason, losses } = request;
    const acknowledgement = { statement, reason, clock: losses.clock, lost: losses.lost };
    const signature = signText(acknowledgementText(acknowledgement), request.operatorKey);
    return await introduce(desk, transaction, 'log.new-epoch', {
      number: current.number + 1,
      epoch,
      key: next.published.text,
      data: { ...acknowledgement, signature },
    });
  });
  await adoptNextKey(desk.paths.keys);
  return { ...changed, checkpoint: await checkpointLog(desk) };
}

/** @returns the reason without spaces around it @throws Fault `reason-invalid` (exit 2) */
export function requireReason(reason: string): string {
  const line = reason.trim();
  if (line !== '' && line.length <= 200 && !/[\p{Cc}\p{Cs}\u2028\u2029]/u.test(line)) return line;
  throw badInput('reason-invalid', 'The reason is text on one line of at most 200 characters', {
    hint: 'Say what happened, and name no person: it goes into the log',
  });
}
