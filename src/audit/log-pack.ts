import { isUtf8 } from 'node:buffer';
import { parseLogEntry } from './log-entry.js';
import type { PackModule, SpecialEntry } from './pack-module.js';
import { STORED_LEVEL } from './stored-nodes.js';
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

/** Entries in a stretch, at most. */
export const PACK = 4096;

/**
 * Checks a stretch: that each entry is canonical, matches its hash and its columns, follows from the one before it, and is
 * of the workspace; and computes the tree over it.
 *
 * @returns null where anything is not right or not plain; the caller then looks at the entries one by one
 */
export function checkPack(module: PackModule, request: PackRequest): PackAnswer | null {
  const { bytes, first, count } = request;
  if (!module.check(bytes, request)) return null;
  const notable = notableOf(module.special());
  if (notable === null) return null;
  const levels = new SubtreeLevels(count, (level, position) => module.hash(level, position));
  return {
    prev: module.hex('prevAt'),
    head: module.hex('headAt'),
    minTime: module.time('minTimeAt'),
    maxTime: module.time('maxTimeAt'),
    firstTime: module.time('firstTimeAt'),
    lastTime: module.time('lastTimeAt'),
    setBack: module.setBack().map((index) => first + index),
    ...treeParts(levels, request),
    notable,
  };
}

/** What a stretch says of the tree. @param first number of its first entry @param sizes as in a request */
export function treeParts(
  levels: SubtreeLevels,
  { count, first, sizes }: { count: number; first: number; sizes: readonly number[] },
): Pick<PackAnswer, 'peaks' | 'peaksAt' | 'nodes'> {
  return {
    peaks: levels.peaks(count),
    peaksAt: sizes.map((size) => levels.peaks(size - first + 1)),
    nodes: levels.from(STORED_LEVEL),
  };
}

/** @returns null where one of them is not UTF-8, or no entry */
function notableOf(entries: readonly SpecialEntry[]): string[] | null {
  if (entries.some(({ isWide, bytes }) => isWide && !isUtf8(bytes))) return null;
  const notable = entries.filter(({ isNotable }) => isNotable).map(({ bytes }) => bytes.toString('utf8'));
  return notable.every((text) => parseLogEntry(text) !== null) ? notable : null;
}

/** Whether a time is before the latest so far by more than clocks may differ. */
export function isTooEarly(time: string, latest: string, tolerance: number): boolean {
  return time < latest && !(Date.parse(latest) - Date.parse(time) <= tolerance);
}
