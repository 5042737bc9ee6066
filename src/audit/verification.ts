import type { CertificateRecord, LogRecord, Store } from '../store/index.js';
import { readAcknowledged } from './acknowledged.js';
import { originOf } from './checkpoint.js';
import { CheckpointChecks, type LogProblem, type OutsideCheckpoint } from './checkpoint-checks.js';
import { columnsAgree } from './evidence.js';
import { GENESIS, type LogEntry, parseLogEntry } from './log-entry.js';
import { LogStream } from './log-stream.js';
import { EMPTY_ROOT } from './merkle-tree.js';
import { PackChecker } from './pack-checker.js';
import { segmentProblem } from './segment-checks.js';

export interface LogVerification {
  /** Number of good entries before the problem, or of all. */
  entries: number;
  /** Hash of the last good entry; 64 zeros for an empty log. */
  head: string;
  /** Root of the Merkle tree over the good entries, base64. */
  root: string;
  problem: LogProblem | null;
  /**
   * Numbers of entries whose time is earlier than that of the entry before, by no more than policy allows or as an
   * operator has acknowledged. At most 100.
   */
  clockSetBack: readonly number[];
  /** Checkpoints in the database that were verified, and entries after the newest. */
  checkpoints: number;
  unsigned: number;
  /** Checkpoints from elsewhere that were verified. */
  outside: number;
  /** Public keys of the log, oldest first, as C2SP signed-note writes them; each with its epoch. */
  keys: readonly { epoch: number; key: string; seq: number }[];
}

export interface VerifyLogOptions {
  /** Id of the workspace that every entry must name; that of the first entry where it is not given. */
  workspace?: string | undefined;
  /** Folder of the files with archived entries, which are looked at first where it is given. */
  segments?: string;
  /** Seconds by which an entry may seem older than one before it. */
  clockTolerance?: number;
  /** Most entries that may be without a checkpoint, where the log has a key; any number where not given. */
  unsignedEntries?: number | undefined;
  /** Checkpoints from elsewhere. */
  outside?: readonly OutsideCheckpoint[];
  /** A key that must be one of the log's, as C2SP signed-note writes it. Each key but the first is vouched for by the one before it. */
  trustedKey?: string | undefined;
  /** The public part of the key that this workspace signs with; not compared where not given. */
  currentKey?: string | undefined;
  /** What is taken as acknowledged beside what entries of new epochs acknowledge. */
  losses?: { clock: readonly number[]; lost: readonly string[] };
  onProgress?: (entries: number) => void;
  signal?: AbortSignal;
  /** Looks at the files of a certificate. @returns what is wrong with them, or null; not looked at where not given */
  certificateFiles?: (certificate: CertificateRecord) => Promise<string | null>;
}

/**
 * Reads the whole log in order and checks that numbers have no gap, that each hash covers its entry's bytes
 * and each entry its predecessor's hash, that all are of one workspace, that the columns used for filters say
 * what the entry says, that no clock ran backwards; that every checkpoint is signed with the key of its time and has the
 * root of these entries, that none is missing, that not too many entries are without one, and that checkpoints kept
 * elsewhere agree; that queries find the entries which other tables are compared with; then that every certificate in the
 * register has its entry, that every certificate of which an entry tells is in the register, and that its files are as they
 * were issued. Stops at the first thing that is bad.
 *
 * Memory stays flat; stretches of the log are checked in threads where there are many entries.
 */
export async function verifyLog(store: Store, options: VerifyLogOptions = {}): Promise<LogVerification> {
  const damaged = options.segments === undefined ? null : await segmentProblem(store, options.segments);
  if (damaged) return unread(damaged);
  const last = (await store.log.end())?.seq ?? 0;
  const workspace = options.workspace ?? (await firstWorkspace(store));
  const checks = new CheckpointChecks(originOf(workspace));
  const checker = new PackChecker(last);
  for (const root of options.losses?.lost ?? []) checks.acknowledge(root);
  const acknowledged = await readAcknowledged(store, checks);
  const outside = (options.outside ?? []).toSorted((one, other) => one.size - other.size);
  const stream = new LogStream({
    store,
    checks,
    checker,
    last,
    workspace,
    outside,
    tolerance: 1000 * (options.clockTolerance ?? 0),
    acknowledged: new Set([...acknowledged.clock, ...(options.losses?.clock ?? [])]),
    clockUntil: acknowledged.clockUntil,
    epochs: acknowledged.epochs,
    onProgress: options.onProgress,
    signal: options.signal,
  });
  // In a thread of the database, beside the reading.
  const missed = store.soundness.missedEntry(last);
  missed.catch(() => undefined);
  try {
    const problem =
      (await stream.read()) ??
      indexProblem(await missed) ??
      (await endProblem(store, stream, checks, options)) ??
      (await checkCertificates(store, stream, options));
    return {
      entries: stream.entries,
      head: stream.head,
      root: stream.root().toString('base64'),
      problem,
      clockSetBack: stream.clockSetBack,
      checkpoints: checks.count,
      unsigned: stream.entries - checks.size,
      outside: stream.outsideAgreed,
      keys: checks.keys.map(({ epoch, key, seq }) => ({ epoch, key: key.text, seq })),
    };
  } finally {
    await Promise.allSettled([missed, checker.close()]);
  }
}

function indexProblem(seq: number | null): LogProblem | null {
  const text =
    'An index of the database does not lead to this entry as it should, so that queries can miss it';
  return seq === null ? null : { seq, code: 'index-differs', text };
}

/** Nothing is said of entries where files with entries are damaged. */
function unread(problem: LogProblem): LogVerification {
  return {
    ...{ entries: 0, head: GENESIS, root: EMPTY_ROOT.toString('base64'), problem, clockSetBack: [] },
    ...{ checkpoints: 0, unsigned: 0, outside: 0, keys: [] },
  };
}

async function firstWorkspace(store: Store): Promise<string> {
  const [first] = await store.log.page(0, 1);
  return (first && parseLogEntry(first.entry)?.workspace) ?? '';
}

/** What is wrong at the end of a log whose entries are good. */
async function endProblem(
  store: Store,
  stream: LogStream,
  checks: CheckpointChecks,
  { unsignedEntries, trustedKey, currentKey }: VerifyLogOptions,
): Promise<LogProblem | null> {
  const { entries } = stream;
  const problem = (seq: number, code: string, text: string): LogProblem => ({ seq, code, text });
  const state = await store.logEnd.state();
  // An older version of this program knew no tree: it may end before the log, but never after it.
  // Read after the state: what is appended meanwhile makes the log longer, never the tree.
  const end = (await store.log.end())?.seq ?? 0;
  if (state && state.size > end)
    return problem(
      end + 1,
      'log-rewound',
      `The log had ${state.size} entries; entry ${end + 1} and what follows is missing`,
    );
  if (
    state?.size === entries &&
    (state.head !== stream.head || !state.peaks.equals(Buffer.concat(stream.peaks)))
  )
    return problem(
      Math.max(entries, 1),
      'tree-differs',
      'The Merkle tree that is kept is not that of the entries',
    );
  if (trustedKey !== undefined && !checks.keys.some(({ key }) => key.text === trustedKey))
    return problem(
      checks.keys[0]?.seq ?? 1,
      'key-differs',
      'The key that is trusted is none of those of which the log tells',
    );
  const last = checks.keys.at(-1);
  if (currentKey !== undefined && last !== undefined && last.key.text !== currentKey)
    return problem(
      last.seq,
      'key-differs',
      'The key in the workspace is not the one of which the log tells last',
    );
  const stored = (await store.logTree.keys()).filter(({ seq }) => seq <= entries);
  if (stored.length !== checks.keys.length || stored.some(({ key }, at) => key !== checks.keys[at]?.key.text))
    return problem(
      last?.seq ?? 1,
      'key-differs',
      'The keys that are kept are not those of which the log tells',
    );
  const unsigned = entries - checks.size;
  if (last && unsignedEntries !== undefined && unsigned > unsignedEntries)
    return problem(
      checks.size + 1,
      'unsigned-tail',
      `The last ${unsigned} entries are not covered by a checkpoint; ${unsignedEntries} may be`,
    );
  return null;
}

async function checkCertificates(
  store: Store,
  stream: LogStream,
  { certificateFiles }: VerifyLogOptions,
): Promise<LogProblem | null> {
  const registered = await store.certificates.list();
  for (const certificate of registered) {
    const record = await store.log.get(certificate.logSeq);
    if (!tellsOf(record, certificate)) {
      return {
        seq: Math.min(certificate.logSeq, stream.entries + 1),
        code: 'certificate-entry-missing',
        text: `The entry of certificate ${certificate.number} is missing or says something else`,
      };
    }
  }
  const numbers = new Set(registered.map(({ number }) => number));
  for (const [number, seq] of stream.issued) {
    if (numbers.has(number)) continue;
    return {
      seq,
      code: 'certificate-unregistered',
      text: `Certificate ${number}, of which this entry tells, is not in the register any more`,
    };
  }
  for (const certificate of registered) {
    const text = (await certificateFiles?.(certificate)) ?? null;
    if (text !== null) return { seq: certificate.logSeq, code: 'certificate-files-changed', text };
  }
  return null;
}

function tellsOf(record: LogRecord | undefined, certificate: CertificateRecord): boolean {
  const entry: LogEntry | null | undefined = record && parseLogEntry(record.entry);
  return (
    record !== undefined &&
    entry?.action === 'certificate.issue' &&
    columnsAgree(record, entry) &&
    entry.subject.certificate === certificate.number &&
    entry.data.json_sha256 === certificate.jsonSha256 &&
    entry.data.pdf_sha256 === certificate.pdfSha256
  );
}
