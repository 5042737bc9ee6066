import type { KeyObject } from 'node:crypto';
import { type NoteKey, openNote, signNote } from '../crypto/index.js';
import { parseTreeHead } from './checkpoint.js';

/** What is written beside a segment: a checkpoint of the log up to its last entry, and what the file holds. */
export interface SegmentManifest {
  origin: string;
  first: number;
  last: number;
  /** Root of the Merkle tree of the first `last` entries. */
  root: Buffer;
  file: string;
  bytes: number;
  /** SHA-256, hex: of the file, of what `zcat` makes of it, of the entry before the first, and of the last. */
  sha256: string;
  contentSha256: string;
  prev: string;
  head: string;
}

/**
 * A manifest is a C2SP tlog-checkpoint with extension lines, signed with the log's key: whatever verifies checkpoints
 * verifies it.
 */
export function signManifest(manifest: SegmentManifest, key: KeyObject): string {
  const { origin, first, last, root, file, bytes, sha256, contentSha256, prev, head } = manifest;
  const text = [
    origin,
    last,
    root.toString('base64'),
    `entries ${first} ${last}`,
    `file ${file} ${bytes} ${sha256}`,
    `content ${contentSha256}`,
    `prev ${prev}`,
    `head ${head}`,
  ].join('\n');
  return signNote(`${text}\n`, [{ name: origin, privateKey: key }]);
}

/** Reads and verifies a manifest. @returns null where it is none, or none of the keys has signed it */
export function openManifest(note: string, keys: readonly NoteKey[]): SegmentManifest | null {
  const opened = openNote(note, keys);
  const tree = opened && parseTreeHead(opened.text);
  const found = opened && FORM.exec(opened.text)?.groups;
  if (!tree || !found) return null;
  const { first, last, file, bytes, sha256, content, prev, head } = found as Record<string, string>;
  if (Number(last) !== tree.size) return null;
  return {
    ...{ origin: tree.origin, root: tree.root, first: Number(first), last: tree.size },
    ...{ file: file ?? '', bytes: Number(bytes), sha256: sha256 ?? '' },
    ...{ contentSha256: content ?? '', prev: prev ?? '', head: head ?? '' },
  };
}

const FORM =
  /^[^\n]+\n\d+\n[^\n]+\nentries (?<first>\d+) (?<last>\d+)\nfile (?<file>\S+) (?<bytes>\d+) (?<sha256>[0-9a-f]{64})\ncontent (?<content>[0-9a-f]{64})\nprev (?<prev>[0-9a-f]{64})\nhead (?<head>[0-9a-f]{64})\n$/;

/** Name of the manifest of a segment. */
export function manifestName(file: string): string {
  return file.replace(/\.jsonl\.gz$/, '.manifest');
}
