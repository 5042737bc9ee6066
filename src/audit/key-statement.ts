import type { KeyObject } from 'node:crypto';
import { type NoteKey, openNote, parseNoteKey, signNote, verifyText } from '../crypto/index.js';
import type { LogEntry } from './log-entry.js';
import type { LogKey } from './log-key.js';

/** Begins the text that the keys of a log sign when one follows the other. */
const TITLE = 'quietus log key';

/** A statement that a key signs the log from now on, as a signed note: of the new key, and of the old one where it is there. */
export function keyStatement(origin: string, epoch: number, next: LogKey, before: LogKey | null): string {
  const keys: KeyObject[] = before ? [before.privateKey, next.privateKey] : [next.privateKey];
  return signNote(
    statementText(origin, epoch, next.published.text),
    keys.map((privateKey) => ({ name: origin, privateKey })),
  );
}

function statementText(origin: string, epoch: number, key: string): string {
  return `${TITLE}\n${origin}\n${epoch}\n${key}\n`;
}

/** What an operator signs who begins a new epoch: the statement and what is acknowledged with it. */
export interface Acknowledgement {
  statement: string;
  reason: string;
  /** Numbers of entries before which the clock ran backwards. */
  clock: readonly number[];
  /** Roots, base64, of checkpoints that are kept elsewhere and of which the log knows nothing. */
  lost: readonly string[];
}

/** The text that the operator's signature covers. */
export function acknowledgementText({ statement, reason, clock, lost }: Acknowledgement): string {
  return `${statement}\n${reason}\nclock ${clock.join(' ')}\nlost ${lost.join(' ')}\n`;
}

/**
 * Whether an entry that introduces a key may do so: a rotation with the signatures of both keys, a new epoch with that of
 * the new key.
 *
 * @param before the key so far
 * @returns the new key, or why it may not
 */
export function introducedKey(
  entry: LogEntry,
  origin: string,
  before: { epoch: number; key: NoteKey } | undefined,
): { epoch: number; key: NoteKey } | string | undefined {
  const { action, outcome, data } = entry;
  if (outcome !== 'done' || typeof data.log_key !== 'string') return undefined;
  if (action !== 'workspace.create' && action !== 'log.key' && !isChange(action)) return undefined;
  const key = parseNoteKey(data.log_key);
  if (key?.name !== origin) return 'the key that it tells of is none of this log';
  const first = before === undefined;
  if (!isChange(action))
    return first ? { epoch: 1, key } : 'it tells of a first key, but there was one before';
  if (first) return 'there is no key that it could follow';
  const epoch = action === 'log.rotate-key' ? before.epoch : before.epoch + 1;
  const keys = action === 'log.rotate-key' ? [before.key, key] : [key];
  const opened = openNote(String(data.statement), keys);
  const signed =
    opened?.signedBy.length === keys.length && opened.text === statementText(origin, epoch, key.text);
  return signed ? { epoch, key } : 'the signatures that make the new key follow the one before are wrong';
}

function isChange(action: string): boolean {
  return action === 'log.rotate-key' || action === 'log.new-epoch';
}

/** What an entry of a new epoch acknowledges. @returns null for other entries, and where its form is wrong */
export function acknowledgementOf({ action, data }: LogEntry): Acknowledgement | null {
  if (action !== 'log.new-epoch') return null;
  const { statement, reason, clock, lost } = data;
  const sound =
    typeof statement === 'string' &&
    typeof reason === 'string' &&
    Array.isArray(clock) &&
    clock.every((seq) => Number.isSafeInteger(seq)) &&
    Array.isArray(lost) &&
    lost.every((root) => typeof root === 'string');
  return sound ? { statement, reason, clock: clock as number[], lost } : null;
}

/** Whether the operator has signed it. @param publicKey the operator's, SubjectPublicKeyInfo PEM */
export function isSignedBy(acknowledgement: Acknowledgement, signature: unknown, publicKey: string): boolean {
  return (
    typeof signature === 'string' && verifyText(acknowledgementText(acknowledgement), signature, publicKey)
  );
}
