import type { KeyObject } from 'node:crypto';
import { type NoteKey, openNote, signNote } from '../crypto/index.js';

/** State of the log at one size, as C2SP tlog-checkpoint writes it. */
export interface TreeHead {
  /** Names the log; holds nothing but the workspace's id. */
  origin: string;
  /** Number of entries. */
  size: number;
  /** Root of the Merkle tree of these entries, 32 bytes. */
  root: Buffer;
}

/** A head with the note that vouches for it. */
export interface Checkpoint extends TreeHead {
  /** The whole signed note (C2SP signed-note). */
  note: string;
  /** Keys whose signatures on it are right. */
  signedBy: readonly NoteKey[];
}

/** The origin line, and the name of the log's keys. */
export function originOf(workspaceId: string): string {
  return `quietus/${workspaceId}`;
}

/** Text of a checkpoint, before it is signed. */
function checkpointText({ origin, size, root }: TreeHead): string {
  return `${origin}\n${size}\n${root.toString('base64')}\n`;
}

/** Signs a head. @returns the note */
export function signCheckpoint(head: TreeHead, keys: readonly KeyObject[]): string {
  return signNote(
    checkpointText(head),
    keys.map((privateKey) => ({ name: head.origin, privateKey })),
  );
}

/** Reads the text of a checkpoint; extension lines are allowed and not kept. @returns null for any other text */
export function parseTreeHead(text: string): TreeHead | null {
  const lines = text.split('\n');
  const [origin = '', digits = '', base64 = ''] = lines;
  const end = lines.pop();
  if (lines.length < 3 || end !== '' || lines.includes('')) return null;
  const size = Number(digits);
  const root = Buffer.from(base64, 'base64');
  const sound =
    /^(?:0|[1-9]\d{0,15})$/.test(digits) &&
    Number.isSafeInteger(size) &&
    root.length === 32 &&
    root.toString('base64') === base64;
  return sound ? { origin, size, root } : null;
}

/** Reads and verifies a checkpoint. @returns null where it is none, or none of the keys has signed it */
export function openCheckpoint(note: string, keys: readonly NoteKey[]): Checkpoint | null {
  const opened = openNote(note, keys);
  const head = opened && parseTreeHead(opened.text);
  return head ? { ...head, note, signedBy: opened.signedBy } : null;
}
