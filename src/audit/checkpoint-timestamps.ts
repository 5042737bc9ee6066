import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  requestTimestamp,
  sha256,
  type Timestamp,
  timestampRequest,
  verifyTimestamp,
} from '../crypto/index.js';
import { badInput } from '../model/index.js';
import type { Store } from '../store/index.js';
import { readableMode, type TimestampSettings, writeFileAtomically } from '../workspace/index.js';
import type { LogProblem } from './checkpoint-checks.js';
import { entriesOf } from './evidence.js';
import { checkpointFileName } from './outside-checkpoints.js';
import type { Recorder } from './recorder.js';
import { type NumberedCheckpoint, verifiedCheckpoints } from './signer.js';

/** What time-stamps of checkpoints need of a session. */
export interface TimestampDesk {
  readonly store: Store;
  readonly recorder: Recorder;
  readonly paths: { checkpoints: string };
  settings(): { log: { timestamp: TimestampSettings | null } };
}

/** A checkpoint whose time an authority has confirmed (RFC 3161). */
export interface TimestampedCheckpoint extends Timestamp {
  checkpoint: number;
  /** The response, beside the checkpoint. */
  file: string;
}

/** Checkpoints among which the one of a response is looked for, newest first. */
const MOST_CHECKPOINTS = 1000;

/**
 * Has the authority of quietus.yaml confirm the time of a checkpoint.
 *
 * @throws Fault `timestamp-unset` (exit 2), `timestamp-unavailable` (exit 4), `timestamp-invalid` (exit 5)
 */
export async function timestampCheckpoint(
  desk: TimestampDesk,
  checkpoint: NumberedCheckpoint,
): Promise<TimestampedCheckpoint> {
  const { url } = requireAuthority(desk);
  const { request, nonce } = timestampRequest(sha256(checkpoint.note));
  const response = await requestTimestamp(url, request);
  return await keep(desk, checkpoint, response, nonce);
}

/** Writes a request for somebody else to hand to an authority. @throws Fault `file-exists` (exit 2) */
export async function writeTimestampRequest(checkpoint: NumberedCheckpoint, path: string): Promise<void> {
  const { request } = timestampRequest(sha256(checkpoint.note));
  await writeFileAtomically(path, request, { exclusive: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
    throw badInput('file-exists', `${path} is there already`, { hint: 'Name another file' });
  });
}

/**
 * Takes the response to a request that {@link writeTimestampRequest} wrote, once it was verified.
 *
 * @throws Fault `timestamp-unset`, `timestamp-unreadable` (exit 2), `timestamp-invalid` (exit 5)
 */
export async function takeTimestampResponse(
  desk: TimestampDesk,
  path: string,
): Promise<TimestampedCheckpoint> {
  requireAuthority(desk);
  const response = await readFile(path).catch((error: unknown) => {
    throw badInput('timestamp-unreadable', `${path} cannot be read`, {
      cause: error,
      hint: 'Name the response (.tsr) of the authority',
    });
  });
  const checkpoints = await verifiedCheckpoints(desk.store, MOST_CHECKPOINTS);
  const asked = checkpoints.find(({ note }) => response.includes(Buffer.from(sha256(note), 'hex')));
  if (asked === undefined) {
    throw badInput('timestamp-unreadable', `${path} is about no checkpoint of this log`, {
      hint: 'Name the response to a request that log checkpoint --timestamp-request has written',
    });
  }
  return await keep(desk, asked, response, undefined);
}

function requireAuthority(desk: TimestampDesk): TimestampSettings {
  const { timestamp } = desk.settings().log;
  if (timestamp !== null) return timestamp;
  throw badInput('timestamp-unset', 'quietus.yaml names no time-stamping authority', {
    hint: 'Set log.timestamp.url and log.timestamp.ca in quietus.yaml',
  });
}

async function trustedBy({ ca }: TimestampSettings): Promise<string> {
  return await readFile(ca, 'utf8').catch((error: unknown) => {
    throw badInput('timestamp-ca-unreadable', `${ca}, which log.timestamp.ca names, cannot be read`, {
      cause: error,
      hint: 'Correct log.timestamp.ca in quietus.yaml',
    });
  });
}

async function keep(
  desk: TimestampDesk,
  checkpoint: NumberedCheckpoint,
  response: Buffer,
  nonce: string | undefined,
): Promise<TimestampedCheckpoint> {
  const trusted = await trustedBy(requireAuthority(desk));
  const verified = verifyTimestamp(response, { digest: sha256(checkpoint.note), nonce, trusted });
  const { checkpoints } = desk.paths;
  const file = join(checkpoints, responseName(checkpoint));
  await writeFileAtomically(file, response, { mode: readableMode(checkpoints) });
  await desk.store.transaction((transaction) =>
    desk.recorder.append(transaction, {
      action: 'log.timestamp',
      outcome: 'done',
      subject: { checkpoint: String(checkpoint.number) },
      data: {
        time: verified.time,
        serial: verified.serial,
        policy: verified.policy,
        sha256: sha256(response),
      },
    }),
  );
  return { ...verified, checkpoint: checkpoint.number, file };
}

function responseName({ size, root }: { size: number; root: Buffer }): string {
  return checkpointFileName(size, root).replace(/\.txt$/, '.tsr');
}

/** The first time-stamp of which the log tells and which is not there, or does not verify any more. */
export async function timestampProblem(
  desk: Pick<TimestampDesk, 'store' | 'paths' | 'settings'>,
): Promise<LogProblem | null> {
  const { timestamp } = desk.settings().log;
  const checkpoints = new Map<string, NumberedCheckpoint>();
  for await (const entry of entriesOf(desk.store, 'log.timestamp')) {
    const problem = (code: string, text: string): LogProblem => ({ seq: entry.seq, code, text });
    if (checkpoints.size === 0)
      for (const each of await verifiedCheckpoints(desk.store, Number.MAX_SAFE_INTEGER))
        checkpoints.set(String(each.number), each);
    const checkpoint = checkpoints.get(entry.subject.checkpoint ?? '');
    if (checkpoint === undefined)
      return problem('timestamp-missing', 'The checkpoint of the time-stamp is missing');
    const name = responseName(checkpoint);
    const response = await readFile(join(desk.paths.checkpoints, name)).catch(() => null);
    if (response === null) return problem('timestamp-missing', `The time-stamp ${name} is missing`);
    if (sha256(response) !== entry.data.sha256)
      return problem('timestamp-invalid', `The time-stamp ${name} was changed`);
    if (timestamp === null) continue;
    try {
      verifyTimestamp(response, { digest: sha256(checkpoint.note), trusted: await trustedBy(timestamp) });
    } catch (error) {
      return problem('timestamp-invalid', `${name}: ${(error as Error).message}`);
    }
  }
  return null;
}
