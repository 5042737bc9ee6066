import { join } from 'node:path';
import type { NoteKey } from '../crypto/index.js';
import { sha256 } from '../crypto/index.js';
import type { LogSegment, Store } from '../store/index.js';
import { readAtMost } from '../workspace/index.js';
import type { LogProblem } from './checkpoint-checks.js';
import { entriesOf } from './evidence.js';
import { fileDigest } from './segment-file.js';
import { manifestName, openManifest } from './segment-manifest.js';
import { logKeys } from './signer.js';

const MOST_MANIFEST_BYTES = 1 << 16;

/**
 * Looks at the files with archived parts of the log: that each is there, as it was written, with a manifest that the log's
 * key has signed, and that the log tells of it; that none of which the log tells is forgotten. What they hold is checked
 * with all other entries.
 *
 * @returns the first thing that is wrong
 */
export async function segmentProblem(store: Store, folder: string): Promise<LogProblem | null> {
  const segments = await store.log.segments.list();
  let next = 1;
  if (segments.length === 0) return await forgottenSegment(store, segments);
  const keys = await logKeys(store);
  for (const segment of segments) {
    if (segment.first !== next)
      return problem(
        next,
        'segment-missing',
        `No file is known to hold entries ${next} to ${segment.first - 1}`,
      );
    const damage = (await fileProblem(folder, segment)) ?? manifestProblem(folder, segment, keys);
    if (damage) return damage;
    next = segment.last + 1;
  }
  return await forgottenSegment(store, segments);
}

async function fileProblem(folder: string, segment: LogSegment): Promise<LogProblem | null> {
  const found = await fileDigest(join(folder, segment.file));
  const range = `entries ${segment.first} to ${segment.last}`;
  if (found === null)
    return problem(segment.first, 'segment-missing', `The file with ${range} is missing: ${segment.file}`);
  if (found.sha256 === segment.sha256) return null;
  return problem(segment.first, 'segment-changed', `The file with ${range} was changed: ${segment.file}`);
}

function manifestProblem(folder: string, segment: LogSegment, keys: readonly NoteKey[]): LogProblem | null {
  const name = manifestName(segment.file);
  let note: string;
  try {
    note = readAtMost(join(folder, name), MOST_MANIFEST_BYTES).toString('utf8');
  } catch {
    return problem(segment.first, 'segment-missing', `The manifest of ${segment.file} is missing: ${name}`);
  }
  const manifest = openManifest(note, keys);
  const right =
    sha256(note) === segment.manifestSha256 &&
    manifest?.sha256 === segment.sha256 &&
    manifest.first === segment.first &&
    manifest.last === segment.last;
  return right
    ? null
    : problem(segment.first, 'segment-changed', `The manifest of ${segment.file} was changed: ${name}`);
}

/** Each archiving has its entry, which lies in no file itself when it is made. */
async function forgottenSegment(store: Store, segments: readonly LogSegment[]): Promise<LogProblem | null> {
  const told = new Set<number>();
  for await (const entry of entriesOf(store, 'log.archive')) {
    const { first, last, sha256: digest, manifest_sha256: manifest } = entry.data;
    const row = segments.find((each) => each.first === first);
    if (row?.last !== last || row?.sha256 !== digest || row?.manifestSha256 !== manifest)
      return problem(
        entry.seq,
        'segment-unregistered',
        `The file with entries ${Number(first)} to ${Number(last)}, of which this entry tells, is not known any more`,
      );
    told.add(Number(first));
  }
  const untold = segments.find(({ first }) => !told.has(first));
  if (untold === undefined) return null;
  return problem(untold.first, 'segment-unregistered', `No entry tells of the file ${untold.file}`);
}

function problem(seq: number, code: string, text: string): LogProblem {
  return { seq, code, text };
}
