import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { badInput } from '../model/index.js';
import { readAtMost } from '../workspace/index.js';
import { originOf, parseTreeHead } from './checkpoint.js';
import type { OutsideCheckpoint } from './checkpoint-checks.js';

const NAME = /^checkpoint-\d{12,16}-[0-9a-f]{8}\.txt$/;
/** A file that a person names may hold many: the journal of a whole year. */
const MOST_BYTES = 64 << 20;
const MOST_NOTE_BYTES = 1 << 16;

/** Name of a checkpoint's file in a folder; names sort by size. */
export function checkpointFileName(size: number, root: Buffer): string {
  return `checkpoint-${String(size).padStart(12, '0')}-${root.toString('hex', 0, 4)}.txt`;
}

/**
 * The checkpoints of a log in a folder that checkpoints are written to. Those of other logs are left out.
 *
 * @param place what the folder is called in messages
 */
async function checkpointsInFolder(
  folder: string,
  origin: string,
  place: string,
): Promise<OutsideCheckpoint[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const found: OutsideCheckpoint[] = [];
  for (const name of checkpointFileNames(names)) {
    const kept = await checkpointFile(join(folder, name), origin, `${place} (${name})`);
    if (kept !== null) found.push(kept);
  }
  return found;
}

/** Those of a folder's names that files with checkpoints have, smallest checkpoint first. */
export function checkpointFileNames(names: readonly string[]): string[] {
  return names.filter((each) => NAME.test(each)).toSorted();
}

/** The checkpoint in a file that this program wrote. @returns null where it holds none, or one of another log */
export async function checkpointFile(
  path: string,
  origin: string,
  place: string,
): Promise<OutsideCheckpoint | null> {
  if ((await stat(path)).size > MOST_NOTE_BYTES) return null;
  const [kept] = checkpointsIn(await readFile(path, 'utf8'), place);
  return kept && originIn(kept.note) === origin ? kept : null;
}

/**
 * The checkpoints that a person kept: a note, or any text with lines of this program's from a system log.
 *
 * @throws Fault `checkpoint-unreadable` (exit 2) for a file that cannot be read or holds none, `checkpoint-of-another`
 *   (exit 2) for one of another log
 */
async function checkpointsInFile(path: string, origin: string): Promise<OutsideCheckpoint[]> {
  let text: string;
  try {
    const bytes = readAtMost(path, MOST_BYTES);
    if (bytes.length > MOST_BYTES) throw new Error('too long');
    text = bytes.toString('utf8');
  } catch (error) {
    throw badInput('checkpoint-unreadable', `${path} cannot be read`, {
      cause: error,
      hint: 'Name a file that holds a checkpoint, as log checkpoint prints it',
    });
  }
  const found = checkpointsIn(text, path);
  if (found.length === 0) {
    throw badInput('checkpoint-unreadable', `${path} holds no checkpoint`, {
      hint: 'Name a file that holds a checkpoint, as log checkpoint prints it, or lines of the system log',
    });
  }
  if (found.some(({ note }) => originIn(note) !== origin)) {
    throw badInput('checkpoint-of-another', `${path} holds a checkpoint of another log`, {
      hint: 'Name one of this workspace',
    });
  }
  return found;
}

/** A checkpoint as one line, for system logs: its note in base64. */
export function checkpointLine(size: number, note: string): string {
  return `quietus checkpoint ${size} ${Buffer.from(note, 'utf8').toString('base64')}`;
}

const LINE = /quietus checkpoint \d{1,16} ([A-Za-z0-9+/]+={0,2})/g;

function checkpointsIn(text: string, place: string): OutsideCheckpoint[] {
  const lines = [...text.matchAll(LINE)].map(([, base64 = '']) =>
    Buffer.from(base64, 'base64').toString('utf8'),
  );
  const notes = lines.length > 0 ? lines : [text];
  return notes.flatMap((note) => {
    const end = note.indexOf('\n\n');
    const head = end === -1 ? null : parseTreeHead(note.slice(0, end + 1));
    return head ? [{ place, size: head.size, root: head.root, note }] : [];
  });
}

function originIn(note: string): string {
  return note.slice(0, note.indexOf('\n'));
}

/** Every checkpoint outside of the database: beside it, in the witnesses' folder, and in the files that a person names. */
export async function outsideCheckpoints(
  places: { checkpoints: string; witnessFolder: string | null; against: readonly string[] },
  workspaceId: string,
): Promise<OutsideCheckpoint[]> {
  const origin = originOf(workspaceId);
  const found = await checkpointsInFolder(places.checkpoints, origin, 'the folder checkpoints');
  if (places.witnessFolder !== null)
    found.push(...(await checkpointsInFolder(places.witnessFolder, origin, 'the folder of the witness')));
  for (const path of places.against) found.push(...(await checkpointsInFile(path, origin)));
  return found;
}
