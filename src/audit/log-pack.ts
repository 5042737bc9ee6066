import { isUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';
import { EntryScanner } from './entry-scan.js';
import { parseLogEntry } from './log-entry.js';
import { SubtreeLevels } from './subtree-levels.js';

/** A stretch of the log in one piece of memory, as `LogRepository.pack` reads it. */
export interface PackRequest {
  /** For each entry: a newline, then entry, hash, number, time, operator and action with a newline after each. */
  bytes: Uint8Array;
  /** Number of the first entry; one more than a multiple of {@link PACK}. */
  first: number;
  count: number;
  workspace: string;
  /** Milliseconds by which an entry may seem older than one before it. */
  tolerance: number;
  /** Numbers of entries at which the state of the tree is asked for; each in this stretch. */
  sizes: readonly number[];
}

/** What a stretch says of itself; what lies before it is for the caller to compare. */
export interface PackAnswer {
  /** Hash that the first entry names as the one before it, and hash of the last. */
  prev: string;
  head: string;
  /** Earliest and latest time. */
  minTime: string;
  maxTime: string;
  firstTime: string;
  lastTime: string;
  /** Numbers of entries whose time is before that of the entry before, at most 100. */
  setBack: number[];
  /** Hashes of the complete subtrees of the stretch, largest first, 32 bytes each: of all of it, and at each of the sizes. */
  peaks: Uint8Array;
  peaksAt: Uint8Array[];
  /** Nodes from level 8 on, level by level, 32 bytes each. */
  nodes: Uint8Array[];
  /** Entries that tell of keys, checkpoints and certificates. */
  notable: string[];
}

/** Entries in a stretch. */
export const PACK = 4096;
const FIRST_STORED_LEVEL = 8;
const NEWLINE = 0x0a;
const MOST_STEPS = 100;
const NOTABLE = ['certificate.', 'log.', 'workspace.create'].map((text) => Buffer.from(text, 'latin1'));

const scanner = new EntryScanner();
const levels = new SubtreeLevels(PACK);

/**
 * Checks a stretch: that each entry is canonical, matches its hash and its columns, follows from the one before it, and is
 * of the workspace; and computes the tree over it.
 *
 * @returns null where anything is not right or not plain; the caller then looks at the entries one by one
 */
export function checkPack(request: PackRequest): PackAnswer | null {
  const bytes = Buffer.from(request.bytes.buffer, request.bytes.byteOffset, request.bytes.byteLength);
  const check = new PackCheck(bytes, request);
  for (let index = 0; index < request.count; index += 1) if (!check.next(index)) return null;
  return check.answer();
}

class PackCheck {
  readonly #workspace: Buffer;
  readonly #notable: string[] = [];
  readonly #setBack: number[] = [];
  #at = 0;
  #prev = '';
  #head = '';
  /** Where the hash column of the entry before lies. */
  #hashAt = 0;
  /** Ranges of 24 bytes in the stretch. */
  #firstTime = -1;
  #time = -1;
  #minTime = -1;
  #maxTime = -1;

  constructor(
    private readonly bytes: Buffer,
    private readonly request: PackRequest,
  ) {
    this.#workspace = Buffer.from(request.workspace, 'utf8');
  }

  next(index: number): boolean {
    const { bytes } = this;
    const start = this.#at + 1;
    if (bytes[this.#at] !== NEWLINE) return false;
    const end = bytes.indexOf(NEWLINE, start);
    if (end === -1 || !scanner.scan(bytes, start, end)) return false;
    const entry = bytes.subarray(start, end);
    if (scanner.hasWide && !isUtf8(entry)) return false;
    const digest = hash('sha256', entry);
    if (!isText(bytes, end + 1, digest) || bytes[end + 65] !== NEWLINE) return false;
    const { prevStart } = scanner;
    if (index === 0) this.#prev = bytes.toString('latin1', prevStart, prevStart + 64);
    else if (!sameBytes(bytes, this.#hashAt, bytes, prevStart, 64)) return false;
    this.#hashAt = end + 1;
    this.#head = digest;
    if (!this.#workspaceIsRight() || !this.#columnsAgree(end + 66, index)) return false;
    if (!this.#timeIsRight(index)) return false;
    if ((scanner.hasCheckpoint || this.#isNotable()) && !this.#keep(entry)) return false;
    // The leaf's hash covers a zero byte before the entry: it takes the place of the newline.
    bytes[start - 1] = 0;
    levels.setLeaf(index, hash('sha256', bytes.subarray(start - 1, end), 'binary'));
    return true;
  }

  answer(): PackAnswer {
    const { count, first, sizes } = this.request;
    levels.complete(count);
    return {
      prev: this.#prev,
      head: this.#head,
      minTime: this.#timeText(this.#minTime),
      maxTime: this.#timeText(this.#maxTime),
      firstTime: this.#timeText(this.#firstTime),
      lastTime: this.#timeText(this.#time),
      setBack: this.#setBack,
      peaks: levels.peaks(count),
      peaksAt: sizes.map((size) => levels.peaks(size - first + 1)),
      nodes: levels.from(FIRST_STORED_LEVEL),
      notable: this.#notable,
    };
  }

  #keep(entry: Buffer): boolean {
    const text = entry.toString('utf8');
    this.#notable.push(text);
    return parseLogEntry(text) !== null;
  }

  #isNotable(): boolean {
    const length = scanner.actionEnd - scanner.actionStart;
    return NOTABLE.some(
      (name) => name.length <= length && sameBytes(this.bytes, scanner.actionStart, name, 0, name.length),
    );
  }

  #workspaceIsRight(): boolean {
    const length = scanner.workspaceEnd - scanner.workspaceStart;
    return (
      length === this.#workspace.length &&
      sameBytes(this.bytes, scanner.workspaceStart, this.#workspace, 0, length)
    );
  }

  /** The columns beside the entry: number, time, operator, action. */
  #columnsAgree(start: number, index: number): boolean {
    const { bytes } = this;
    const seq = String(this.request.first + index);
    if (scanner.seqEnd - scanner.seqStart !== seq.length || !isText(bytes, scanner.seqStart, seq))
      return false;
    let at = this.#afterColumn(start, scanner.seqStart, scanner.seqEnd);
    at = this.#afterColumn(at, scanner.timeStart, scanner.timeEnd);
    at = this.#afterColumn(at, scanner.operatorStart, scanner.operatorEnd);
    this.#at = this.#afterColumn(at, scanner.actionStart, scanner.actionEnd);
    return this.#at > 0;
  }

  /** Where the column after this one begins; 0 where this one does not hold the given range of the entry. */
  #afterColumn(at: number, start: number, end: number): number {
    const { bytes } = this;
    const length = end - start;
    const agrees = at > 0 && bytes[at + length] === NEWLINE && sameBytes(bytes, at, bytes, start, length);
    return agrees ? at + length + 1 : 0;
  }

  #timeIsRight(index: number): boolean {
    const time = scanner.timeStart;
    if (scanner.timeEnd - time !== TIME_LENGTH) return false;
    if (index === 0) {
      this.#firstTime = time;
      this.#minTime = time;
      this.#maxTime = time;
    } else {
      if (this.#isEarlier(time, this.#time) && this.#setBack.length < MOST_STEPS)
        this.#setBack.push(this.request.first + index);
      if (this.#isEarlier(time, this.#minTime)) this.#minTime = time;
      if (this.#isEarlier(this.#maxTime, time)) this.#maxTime = time;
      else if (this.#isEarlier(time, this.#maxTime) && this.#isTooEarly(time)) return false;
    }
    this.#time = time;
    return true;
  }

  #isTooEarly(time: number): boolean {
    return isTooEarly(this.#timeText(time), this.#timeText(this.#maxTime), this.request.tolerance);
  }

  #isEarlier(one: number, other: number): boolean {
    const { bytes } = this;
    for (let place = 0; place < TIME_LENGTH; place += 1) {
      const [a, b] = [bytes[one + place] ?? 0, bytes[other + place] ?? 0];
      if (a !== b) return a < b;
    }
    return false;
  }

  #timeText(start: number): string {
    return this.bytes.toString('latin1', start, start + TIME_LENGTH);
  }
}

/** Of an instant as entries hold it, to the millisecond. */
const TIME_LENGTH = 24;

/** Whether a time is before the latest so far by more than clocks may differ. */
export function isTooEarly(time: string, latest: string, tolerance: number): boolean {
  return time < latest && !(Date.parse(latest) - Date.parse(time) <= tolerance);
}

/** Whether the bytes from a place on are those of a text in ASCII. */
function isText(bytes: Uint8Array, start: number, text: string): boolean {
  for (let place = 0; place < text.length; place += 1)
    if (bytes[start + place] !== text.charCodeAt(place)) return false;
  return true;
}

function sameBytes(one: Uint8Array, at: number, other: Uint8Array, start: number, length: number): boolean {
  for (let place = 0; place < length; place += 1) if (one[at + place] !== other[start + place]) return false;
  return true;
}
