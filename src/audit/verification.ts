import { sha256 } from '../crypto/index.js';
import type { CertificateRecord, LogRecord, Store } from '../store/index.js';
import { columnsAgree } from './evidence.js';
import { GENESIS, parseLogEntry } from './log-entry.js';

/** The first thing that is wrong with the log. */
export interface LogProblem {
  seq: number;
  code: string;
  text: string;
}

export interface LogVerification {
  /** Number of good entries before the problem, or of all. */
  entries: number;
  /** Hash of the last good entry; 64 zeros for an empty log. */
  head: string;
  problem: LogProblem | null;
  /**
   * Numbers of entries whose time is earlier than that of the entry before: a clock that was set back, or
   * several machines whose clocks differ. Worth a look, but no proof that anything was changed. At most 100.
   */
  clockSetBack: readonly number[];
}

export interface VerifyLogOptions {
  /** Id of the workspace that every entry must name; that of the first entry where it is not given. */
  workspace?: string | undefined;
  onProgress?: (entries: number) => void;
  signal?: AbortSignal;
  /** Looks at the files of a certificate. @returns what is wrong with them, or null; not looked at where not given */
  certificateFiles?: (certificate: CertificateRecord) => Promise<string | null>;
}

const PAGE = 2000;
const MOST_CLOCK_STEPS = 100;

/** What the entries so far have settled. */
interface Position {
  entries: number;
  head: string;
  time: string;
  workspace: string | undefined;
  clockSetBack: number[];
  /** Numbers of the certificates that entries tell of, with the entries' numbers. */
  issued: Map<string, number>;
}

/**
 * Reads the whole log in order and checks that numbers have no gap, that each hash covers its entry's bytes
 * and each entry its predecessor's hash, that all are of one workspace, that the columns used for filters say
 * what the entry says; then that every certificate in the register has its entry, that every certificate of which
 * an entry tells is in the register, and that its files are as they were issued. Stops at the first thing that is bad.
 *
 * A hash chain alone cannot show that its newest entries were cut off, or that all was written anew;
 * certificates pin the entries they rest on.
 */
export async function verifyLog(store: Store, options: VerifyLogOptions = {}): Promise<LogVerification> {
  const at: Position = {
    entries: 0,
    head: GENESIS,
    time: '',
    workspace: options.workspace,
    clockSetBack: [],
    issued: new Map(),
  };
  const result = (problem: LogProblem | null): LogVerification => ({
    entries: at.entries,
    head: at.head,
    problem,
    clockSetBack: at.clockSetBack,
  });
  for (;;) {
    options.signal?.throwIfAborted();
    const page = await store.log.page(at.entries, PAGE);
    for (const record of page) {
      const problem = checkNext(record, at);
      if (problem) return result(problem);
    }
    options.onProgress?.(at.entries);
    if (page.length < PAGE) break;
  }
  return result(await checkCertificates(store, at, options));
}

/** Checks one record against what came before, and moves on where it is good. */
function checkNext(record: LogRecord, at: Position): LogProblem | null {
  const expected = at.entries + 1;
  const problem = (code: string, text: string): LogProblem => ({ seq: record.seq, code, text });
  if (record.seq !== expected) {
    return {
      seq: expected,
      code: 'entry-missing',
      text: `Entry ${expected} is missing; ${record.seq} follows`,
    };
  }
  if (sha256(record.entry) !== record.hash)
    return problem('entry-changed', 'The entry does not match its hash');
  const entry = parseLogEntry(record.entry);
  if (entry === null) return problem('entry-malformed', 'The entry is not an entry in canonical JSON');
  if (entry.prev !== at.head)
    return problem('chain-broken', 'The entry does not follow from the one before it');
  if (at.workspace !== undefined && entry.workspace !== at.workspace) {
    return problem('workspace-differs', 'The entry is of another workspace');
  }
  if (!columnsAgree(record, entry)) {
    return problem('columns-differ', 'The columns beside the entry say something else than the entry');
  }
  if (entry.time < at.time && at.clockSetBack.length < MOST_CLOCK_STEPS) at.clockSetBack.push(entry.seq);
  at.entries = expected;
  at.head = record.hash;
  at.time = entry.time;
  at.workspace = entry.workspace;
  if (entry.action === 'certificate.issue' && entry.outcome === 'done') {
    at.issued.set(String(entry.subject.certificate), entry.seq);
  }
  return null;
}

async function checkCertificates(
  store: Store,
  at: Position,
  { certificateFiles }: VerifyLogOptions,
): Promise<LogProblem | null> {
  const registered = await store.certificates.list();
  for (const certificate of registered) {
    const record = await store.log.get(certificate.logSeq);
    if (!tellsOf(record, certificate)) {
      return {
        seq: Math.min(certificate.logSeq, at.entries + 1),
        code: 'certificate-entry-missing',
        text: `The entry of certificate ${certificate.number} is missing or says something else`,
      };
    }
  }
  const numbers = new Set(registered.map(({ number }) => number));
  for (const [number, seq] of at.issued) {
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
  const entry = record && parseLogEntry(record.entry);
  return (
    entry?.action === 'certificate.issue' &&
    entry.subject.certificate === certificate.number &&
    entry.data.json_sha256 === certificate.jsonSha256 &&
    entry.data.pdf_sha256 === certificate.pdfSha256
  );
}
