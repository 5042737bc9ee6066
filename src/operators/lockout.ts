import type { KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { LogEvent } from '../audit/index.js';
import { Fault, type Operator, refused } from '../model/index.js';
import { instant, requireOwn, writeFileAtomically } from '../workspace/index.js';
import type { OperatorDesk } from './operator-desk.js';
import { readOperatorKey } from './operator-key.js';

/** Wrong passphrases in a row after which a key is locked (201 CMR 17.04(1)(e)). */
const ALLOWED_FAILURES = 5;
/** The first lock; each further wrong passphrase doubles it. */
const FIRST_LOCK_MS = 60_000;
const LONGEST_LOCK_MS = 24 * 60 * 60_000;

/** Kept beside the key, so that the next process knows. */
interface Attempts {
  /** Passphrases tried since the last right one. */
  failures: number;
  /** UTC, RFC 3339. */
  last: string;
}

/** A key that is protected by a passphrase, with the count of wrong ones beside it. */
export interface GuardedKey<Key> {
  /** File of the count. */
  attempts: string;
  /** @throws Fault `passphrase-wrong` */
  unlock(passphrase: string): Promise<Key>;
  /** What the log calls a wrong passphrase of this key. */
  event: Pick<LogEvent, 'action' | 'subject'>;
}

/**
 * Opens an operator's key. Locked as {@link unlockGuarded} says.
 *
 * @param ask gives the passphrase; called only for a key that has one and is not locked
 * @throws Fault `key-locked`, `passphrase-wrong` (exit 4), and as `readOperatorKey`
 */
export async function unlockOperatorKey(
  desk: OperatorDesk,
  operator: Operator,
  ask: () => Promise<string>,
): Promise<KeyObject> {
  const key = readOperatorKey(desk.paths.keys, operator.id);
  if (!key.needsPassphrase) return await key.unlock(null);
  return await unlockGuarded(
    desk,
    {
      attempts: join(desk.paths.keys, `${operator.id}.attempts.json`),
      unlock: (passphrase) => key.unlock(passphrase),
      event: { action: 'operator.passphrase', subject: { operator: operator.id } },
    },
    ask,
  );
}

/**
 * Opens a key with a passphrase. After five wrong ones in a row it stays locked for a minute, after each further one
 * for twice as long, at most a day; each refusal is in the log. It keeps those out who sit at an open terminal:
 * whoever copies the key file can try without limit.
 *
 * @param ask gives the passphrase; called only while the key is not locked
 * @throws Fault `key-locked`, `passphrase-wrong` (exit 4)
 */
export async function unlockGuarded<Key>(
  desk: OperatorDesk,
  key: GuardedKey<Key>,
  ask: () => Promise<string>,
): Promise<Key> {
  requireNotLocked(desk, readAttempts(key.attempts));
  const passphrase = await ask();
  const failures = await countAttempt(desk, key.attempts);
  try {
    const opened = await key.unlock(passphrase);
    await rm(key.attempts, { force: true });
    return opened;
  } catch (error) {
    if (error instanceof Fault && error.code === 'passphrase-wrong')
      await recordFailure(desk, key.event, failures);
    throw error;
  }
}

/** Counts before it is tried, under the database's lock, so that many processes at once get no more tries. */
async function countAttempt(desk: OperatorDesk, file: string): Promise<number> {
  return await desk.store.transaction(async () => {
    const before = readAttempts(file);
    requireNotLocked(desk, before);
    const attempts: Attempts = { failures: before.failures + 1, last: instant(desk.clock) };
    await writeFileAtomically(file, `${JSON.stringify(attempts)}\n`);
    return attempts.failures;
  });
}

async function recordFailure(
  desk: OperatorDesk,
  event: GuardedKey<unknown>['event'],
  failures: number,
): Promise<void> {
  await desk.store.transaction(async (transaction) => {
    await desk.recorder.append(transaction, {
      ...event,
      outcome: 'refused',
      data: { failures, locked_seconds: lockOf(failures) / 1000 },
    });
  });
}

function lockOf(failures: number): number {
  if (failures < ALLOWED_FAILURES) return 0;
  return Math.min(FIRST_LOCK_MS * 2 ** (failures - ALLOWED_FAILURES), LONGEST_LOCK_MS);
}

function requireNotLocked(desk: OperatorDesk, { failures, last }: Attempts): void {
  const lock = lockOf(failures);
  if (lock === 0) return;
  const until = new Date(Date.parse(last) + lock);
  if (desk.clock.now() >= until) return;
  throw refused('key-locked', `The key is locked after ${failures} wrong passphrases in a row`, {
    hint: `Try again after ${until.toISOString()}`,
    details: { failures, until: until.toISOString() },
  });
}

function readAttempts(file: string): Attempts {
  requireOwn(file, 'the count of wrong passphrases');
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { failures: 0, last: '' };
    throw error;
  }
  try {
    const attempts = JSON.parse(text) as Partial<Attempts> | null;
    const failures = Number(attempts?.failures);
    const last = String(attempts?.last);
    if (Number.isSafeInteger(failures) && failures >= 0 && !Number.isNaN(Date.parse(last)))
      return { failures, last };
  } catch {
    // Said below.
  }
  throw refused('attempts-damaged', 'The count of wrong passphrases beside the key cannot be read', {
    hint: `Look who changed it, then take the file away: ${file}`,
  });
}
