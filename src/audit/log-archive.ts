import { sha256 } from '../crypto/index.js';
import { badInput, verificationFailed } from '../model/index.js';
import type { Store, StoreTransaction } from '../store/index.js';
import { type Clock, dateIn, instant, makeMembersFolder, takeRunLock } from '../workspace/index.js';
import { originOf } from './checkpoint.js';
import { readLogKey } from './log-key.js';
import { rootAt } from './merkle-tree.js';
import { checkpointLog } from './proving.js';
import type { Recorder } from './recorder.js';
import { copySegment } from './segment-copy.js';
import { removeLeftovers, type WrittenSegment, writeManifest, writeSegment } from './segment-file.js';
import { manifestName, signManifest } from './segment-manifest.js';
import { StoredTree } from './stored-tree.js';
import { type LogPlace, verifyWorkspaceLog } from './workspace-log.js';

/** What archives parts of its log. A session is one. */
export interface ArchiveDesk extends LogPlace {
  readonly store: Store;
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly paths: LogPlace['paths'] & { lock: string; segments: string };
  settings(): ReturnType<LogPlace['settings']> & { timeZone: string };
  operator(): Promise<{ id: string }>;
}

/** The entries of one year that are over. */
export interface ClosedYear {
  year: number;
  first: number;
  last: number;
}

export interface ArchivedYear extends ClosedYear {
  file: string;
  bytes: number;
  sha256: string;
}

export interface ArchiveOptions {
  /** The last year to archive; the last one that is over where none is named. */
  through?: number | undefined;
  /** Folder for a second copy of each file. */
  copy?: string | undefined;
  signal?: AbortSignal;
  onProgress?: (entries: number) => void;
}

/**
 * Years of the log that are over, by the organization's time zone, and whose entries are still in the database.
 *
 * @throws Fault `year-open` (exit 2) where the year named is not over
 */
export async function closedYears(desk: ArchiveDesk, through?: number): Promise<ClosedYear[]> {
  const { timeZone } = desk.settings();
  const current = yearOf(instant(desk.clock), timeZone);
  if (through !== undefined && through >= current) {
    throw badInput('year-open', `The year ${through} is not over`, {
      hint: `Name a year before ${current}`,
    });
  }
  const end = (await desk.store.log.end())?.seq ?? 0;
  const years: ClosedYear[] = [];
  for (let first = (await desk.store.log.segments.end()) + 1; first <= end; ) {
    const year = yearOf(await timeAt(desk.store, first), timeZone);
    if (year > (through ?? current - 1)) break;
    const last = await lastOfYear(desk.store, { first, end, year, timeZone });
    years.push({ year, first, last });
    first = last + 1;
  }
  return years;
}

/** The entry before the first one of a later year; entries are in the order of their times but for clocks that differ. */
async function lastOfYear(
  store: Store,
  { first, end, year, timeZone }: { first: number; end: number; year: number; timeZone: string },
): Promise<number> {
  let [within, beyond] = [first, end + 1];
  while (beyond - within > 1) {
    const middle = Math.floor((within + beyond) / 2);
    if (yearOf(await timeAt(store, middle), timeZone) > year) beyond = middle;
    else within = middle;
  }
  return within;
}

async function timeAt(store: Store, seq: number): Promise<string> {
  const time = (await store.log.get(seq))?.time;
  if (time !== undefined && !Number.isNaN(Date.parse(time))) return time;
  throw verificationFailed('log-broken', `Entry ${seq} of the log is missing or has no time`, {
    hint: 'Keep the workspace as it is, and run: quietus log verify',
    details: { seq },
  });
}

function yearOf(time: string, timeZone: string): number {
  return Number(dateIn(timeZone, new Date(time)).slice(0, 4));
}

/**
 * Moves the entries of years that are over into signed, compressed files, a file a year. The log is verified before. Each
 * file is written, flushed, read back, signed for and copied before one transaction records it and takes the text of its
 * entries out of the database; hashes, tree and checkpoints stay. A crash leaves a file of which nothing tells, and the
 * next run writes it again.
 *
 * @throws Fault `log-broken` (exit 5), `year-open`, `log-key-lost`, `run-lock-held`, `copy-failed`
 */
export async function archiveLog(desk: ArchiveDesk, options: ArchiveOptions = {}): Promise<ArchivedYear[]> {
  const operator = (await desk.operator()).id;
  const who = { operator, command: 'log archive', since: instant(desk.clock) };
  const lock = await takeRunLock(desk.paths.lock, who);
  try {
    const years = await closedYears(desk, options.through);
    if (years.length === 0) return [];
    await requireSound(desk, options.signal);
    await checkpointLog(desk);
    await makeMembersFolder(desk.paths.segments);
    await removeLeftovers(desk.paths.segments);
    const archived: ArchivedYear[] = [];
    for (const year of years) archived.push(await archiveYear(desk, year, options));
    return archived;
  } finally {
    await lock.release();
  }
}

async function requireSound(desk: ArchiveDesk, signal: AbortSignal | undefined): Promise<void> {
  const { problem } = await verifyWorkspaceLog(desk, signal === undefined ? {} : { signal });
  if (problem === null) return;
  throw verificationFailed('log-broken', `The log does not verify at entry ${problem.seq}: ${problem.text}`, {
    hint: 'Nothing was archived. Keep the workspace as it is, copy it, and compare the log with a backup',
    details: { seq: problem.seq, problem: problem.code },
  });
}

async function archiveYear(
  desk: ArchiveDesk,
  year: ClosedYear,
  options: ArchiveOptions,
): Promise<ArchivedYear> {
  const folder = desk.paths.segments;
  const written = await writeSegment(desk.store, folder, year, options);
  const manifest = await manifestOf(desk, written);
  const name = manifestName(written.file);
  await writeManifest(folder, name, manifest);
  if (options.copy !== undefined) await copySegment(folder, options.copy, written.file, name);
  await desk.store.transaction((transaction) =>
    takeOver(desk.recorder, transaction, written, { manifest, copied: options.copy !== undefined }),
  );
  const { file, bytes, sha256: digest } = written;
  return { ...year, file, bytes, sha256: digest };
}

async function manifestOf(desk: ArchiveDesk, written: WrittenSegment): Promise<string> {
  const origin = originOf(desk.settings().workspaceId);
  const key = await readLogKey(desk.paths.keys, origin);
  // The checkpoint that was made right before needed it.
  if (key === null) throw new Error('The key of the log is gone');
  const root = await rootAt(new StoredTree(desk.store), written.last);
  return signManifest({ ...written, origin, root }, key.privateKey);
}

/** From here on the file holds the entries. */
async function takeOver(
  recorder: Recorder,
  transaction: StoreTransaction,
  written: WrittenSegment,
  { manifest, copied }: { manifest: string; copied: boolean },
): Promise<void> {
  const { first, last, file, bytes, sha256: digest, contentSha256, blocks } = written;
  const manifestSha256 = sha256(manifest);
  await transaction.log.segments.insert({ first, last, file, bytes, sha256: digest, manifestSha256, blocks });
  await recorder.append(transaction, {
    action: 'log.archive',
    outcome: 'done',
    data: {
      bytes,
      content_sha256: contentSha256,
      copies: copied ? 2 : 1,
      entries: last - first + 1,
      first,
      last,
      manifest_sha256: manifestSha256,
      sha256: digest,
    },
  });
}
