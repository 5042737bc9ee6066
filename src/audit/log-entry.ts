import { canonicalJson, sha256 } from '../crypto/index.js';
import type { LogRecord } from '../store/index.js';

/** The hash that the first entry names as its predecessor: 64 zeros, for there is none. */
export const GENESIS = '0'.repeat(64);
const FORMAT = 'quietus-log/1';

/** How an attempt ended. `intent` stands before an irreversible act; its outcome is an entry of its own. */
export type LogOutcome = 'done' | 'intent' | 'refused' | 'failed';

/** What is recorded: ids and counts, never personal information, never a secret, never the name of a file. */
export interface LogEvent {
  /** `topic.verb`, such as `hold.place`. */
  action: string;
  outcome: LogOutcome;
  /** Ids of what was acted on, by kind, such as `{plan: 'plan-…'}`. */
  subject?: Readonly<Record<string, string>>;
  /** Counts, digests, codes. */
  data?: Readonly<Record<string, unknown>>;
}

/** Who did it, where, by which command. */
export interface Actor {
  /** Operator id; `-` before the workspace has one. */
  operator: string;
  host: string;
  /** The command's id, such as `sweep run`; never its arguments. */
  command: string;
}

/** An entry as its canonical JSON holds it. */
export interface LogEntry {
  format: typeof FORMAT;
  workspace: string;
  seq: number;
  time: string;
  operator: string;
  host: string;
  command: string;
  action: string;
  outcome: LogOutcome;
  subject: Readonly<Record<string, string>>;
  data: Readonly<Record<string, unknown>>;
  /** Hash of the entry before. */
  prev: string;
  /** Milliseconds from the beginning of the command to this entry. */
  elapsed_ms?: number;
  /** The newest checkpoint, in the first entry after it: so that it cannot be left out later. */
  checkpoint?: CheckpointPin;
}

/** Names a checkpoint. */
export interface CheckpointPin {
  number: number;
  /** SHA-256, hex, of the signed note. */
  sha256: string;
}

/** What an entry says beside its event. */
export interface EntryContext {
  workspace: string;
  actor: Actor;
  time: string;
  seq: number;
  prev: string;
  elapsed?: number | undefined;
  checkpoint?: CheckpointPin | undefined;
}

/** Makes the record of the next entry. The hash is SHA-256 over the canonical JSON (RFC 8785), as `sha256sum` computes it. */
export function logRecord(event: LogEvent, context: EntryContext): LogRecord {
  const { workspace, actor, time, seq, prev, elapsed, checkpoint } = context;
  // In the order of canonical JSON, which then has nothing to copy.
  const entry: LogEntry = {
    action: event.action,
    ...(checkpoint && { checkpoint }),
    command: actor.command,
    data: event.data ?? {},
    ...(elapsed !== undefined && { elapsed_ms: elapsed }),
    format: FORMAT,
    host: actor.host,
    operator: actor.operator,
    outcome: event.outcome,
    prev,
    seq,
    subject: event.subject ?? {},
    time,
    workspace,
  };
  const text = canonicalJson(entry);
  return { seq, time, operator: actor.operator, action: event.action, hash: sha256(text), entry: text };
}

/** Reads an entry back. @returns null for any text but the canonical JSON of an entry */
export function parseLogEntry(text: string): LogEntry | null {
  try {
    const value: unknown = JSON.parse(text);
    return isLogEntry(value) && canonicalJson(value) === text ? value : null;
  } catch {
    return null;
  }
}

const TEXTS = ['workspace', 'time', 'operator', 'host', 'command', 'action', 'outcome', 'prev'] as const;

function isLogEntry(value: unknown): value is LogEntry {
  if (!isObject(value)) return false;
  return (
    value.format === FORMAT &&
    Number.isSafeInteger(value.seq) &&
    TEXTS.every((name) => typeof value[name] === 'string') &&
    isObject(value.subject) &&
    isObject(value.data) &&
    (value.elapsed_ms === undefined || Number.isSafeInteger(value.elapsed_ms)) &&
    (value.checkpoint === undefined || isPin(value.checkpoint))
  );
}

function isPin(value: unknown): value is CheckpointPin {
  return isObject(value) && Number.isSafeInteger(value.number) && typeof value.sha256 === 'string';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
