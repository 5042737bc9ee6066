// Checks a stretch of the log that lies in memory, and computes the tree over it. What it finds is in the variables below.

import { isBefore, literal, sameBytes, startsWith } from './bytes';
import {
  actionEnd,
  actionStart,
  hasCheckpoint,
  hasWide,
  operatorEnd,
  operatorStart,
  prevStart,
  scanEntry,
  seqEnd,
  seqStart,
  timeEnd,
  timeStart,
  workspaceEnd,
  workspaceStart,
} from './entry-scan';
import { DIGEST, digestAll, setMessage } from './sha256';
import { complete, hashAt, MOST } from './subtree-levels';
import { millisecondsBetween, TIME_BYTES } from './time';

export { hashAt };

/** Where the hash begins that the first entry names as the one before it, and the hash of the last. */
export let prevAt: usize = 0;
export let headAt: usize = 0;
/** Where the earliest and the latest time begin, and the first and the last. */
export let minTimeAt: usize = 0;
export let maxTimeAt: usize = 0;
export let firstTimeAt: usize = 0;
export let lastTimeAt: usize = 0;
/** How many times are before that of the entry before, at most 100, and the places of these entries. */
export let setBack: i32 = 0;
export const setBackAt: usize = memory.data(100 * 4);
const MOST_STEPS = 100;
/** Entries that the caller has to look at: how many, and for each where it begins and ends, and why. */
export let special: i32 = 0;
export const specialAt: usize = memory.data(MOST * 12);
const IS_WIDE = 1;
const IS_NOTABLE = 2;

const NEWLINE: u8 = 0x0a;
const HASH_TEXT = 64;
/** Zeros after the stretch. */
export const beyond: i32 = 64;
/** Entries that are hashed together: each has two digests, that of the chain and that of the leaf. */
const TOGETHER = 2;

const CERTIFICATE = literal('certificate.');
const LOG = literal('log.');
const CREATE = literal('workspace.create');

/** Digests of the chain that are computed together, and where those that are stored lie. */
const digests: usize = memory.data(TOGETHER * 32);
const stored: usize = memory.data(TOGETHER * 4);

/** Number of the next entry. */
let number: i64 = 0;
let workspaceAt: usize = 0;
let workspaceLength: i32 = 0;
let mostBack: i64 = 0;
let inputAt: usize = 0;

/** Makes room. @returns where the stretch goes, and the workspace after `beyond` zeros; 0 where there is no memory */
export function inputFor(length: i32, workspace: i32): usize {
  // Nothing is allocated after this.
  if (inputAt === 0) inputAt = (heap.alloc(64) + 63) & ~63;
  const end = inputAt + length + workspace + 2 * beyond;
  const pages = <i32>((end + 0xffff) >> 16);
  if (pages > memory.size() && memory.grow(pages - memory.size()) < 0) return 0;
  memory.fill(inputAt + length, 0, beyond);
  return inputAt;
}

/**
 * Whether each entry is canonical, matches its hash and its columns, follows from the one before it, and is of the
 * workspace, and no time is before the latest by more than the tolerance.
 *
 * @param length of the stretch in bytes @param first number of the first entry @param workspace length of its id
 * @param tolerance milliseconds
 */
export function check(length: i32, first: f64, count: i32, workspace: i32, tolerance: f64): bool {
  number = <i64>first;
  mostBack = <i64>tolerance;
  workspaceAt = inputAt + length + beyond;
  workspaceLength = workspace;
  setBack = 0;
  special = 0;
  let at = inputAt;
  for (let index = 0; index < count; index += TOGETHER) {
    const together = min(TOGETHER, count - index);
    // Where there is one only, the other is empty.
    for (let lane = 2; lane < 4; lane++) setMessage(lane, inputAt, 0, digests + DIGEST);
    for (let place = 0; place < together; place++) {
      at = entryEnd(at, index + place, place);
      if (at === 0) return false;
    }
    digestAll();
    for (let place = 0; place < together; place++)
      if (!isHexOf(load<usize>(stored + (place << 2)), digests + <usize>place * DIGEST)) return false;
  }
  // What is left over would be the text of further rows, in place of which a column of an earlier one was read.
  if (at !== inputAt + <usize>length) return false;
  complete(count);
  return true;
}

/** Checks all of an entry but its hash, which is computed with that of another. @returns where the next begins, or 0 */
function entryEnd(at: usize, index: i32, place: i32): usize {
  if (load<u8>(at) !== NEWLINE) return 0;
  const start = at + 1;
  const end = scanEntry(start);
  if (end === 0 || load<u8>(end) !== NEWLINE) return 0;
  const hash = end + 1;
  if (load<u8>(hash + HASH_TEXT) !== NEWLINE) return 0;
  if (index === 0) prevAt = prevStart;
  else if (!sameBytes(headAt, prevStart, HASH_TEXT)) return 0;
  headAt = hash;
  if (!isColumn(workspaceAt, workspaceStart, workspaceEnd, workspaceLength)) return 0;
  if (!isNumber(seqStart, seqEnd) || !isTimeRight(index)) return 0;
  noteWhereSpecial(start, end);
  const length = <i32>(end - start);
  const next = afterColumns(hash + HASH_TEXT + 1);
  setMessage(2 * place, start, length, digests + <usize>place * DIGEST);
  // The leaf's hash covers a zero byte before the entry: it takes the place of the newline.
  store<u8>(at, 0);
  setMessage(2 * place + 1, at, length + 1, hashAt(0, index));
  store<usize>(stored + (place << 2), hash);
  number++;
  return next;
}

/** Where the columns end, each with a newline: number, time, operator, action; 0 where one is not as the entry has it. */
function afterColumns(start: usize): usize {
  let at = afterColumn(start, seqStart, seqEnd);
  at = afterColumn(at, timeStart, timeEnd);
  at = afterColumn(at, operatorStart, operatorEnd);
  return afterColumn(at, actionStart, actionEnd);
}

function afterColumn(at: usize, start: usize, end: usize): usize {
  const length = <i32>(end - start);
  return at !== 0 && isColumn(at, start, end, length) && load<u8>(at + length) === NEWLINE
    ? at + length + 1
    : 0;
}

function isColumn(at: usize, start: usize, end: usize, length: i32): bool {
  return <i32>(end - start) === length && sameBytes(at, start, length);
}

/** Whether the digits are the number that the entry must have; there is one at least, and none but zero begins with zero. */
function isNumber(start: usize, end: usize): bool {
  let value: i64 = 0;
  for (let at = start; at < end; at++) {
    const byte = load<u8>(at);
    if (byte < 0x30 || byte > 0x39) return false;
    value = value * 10 + (byte - 0x30);
  }
  return value === number;
}

function isTimeRight(index: i32): bool {
  const time = timeStart;
  if (timeEnd - time !== TIME_BYTES) return false;
  if (index === 0) {
    firstTimeAt = time;
    minTimeAt = time;
    maxTimeAt = time;
  } else {
    if (isBefore(time, lastTimeAt, TIME_BYTES) && setBack < MOST_STEPS)
      store<i32>(setBackAt + (setBack++ << 2), index);
    if (isBefore(time, minTimeAt, TIME_BYTES)) minTimeAt = time;
    if (isBefore(maxTimeAt, time, TIME_BYTES)) maxTimeAt = time;
    else if (isBefore(time, maxTimeAt, TIME_BYTES) && millisecondsBetween(time, maxTimeAt) > mostBack)
      return false;
  }
  lastTimeAt = time;
  return true;
}

function noteWhereSpecial(start: usize, end: usize): void {
  const isNotable =
    hasCheckpoint ||
    startsWith(actionStart, CERTIFICATE) ||
    startsWith(actionStart, LOG) ||
    startsWith(actionStart, CREATE);
  if (!isNotable && !hasWide) return;
  const row = specialAt + special++ * 12;
  store<usize>(row, start);
  store<usize>(row, end, 4);
  store<i32>(row, (hasWide ? IS_WIDE : 0) | (isNotable ? IS_NOTABLE : 0), 8);
}

/** Whether the text is the digest's, in hex. */
function isHexOf(text: usize, digest: usize): bool {
  for (let place: usize = 0; place < DIGEST; place++) {
    const byte = load<u8>(digest + place);
    if (
      load<u8>(text + 2 * place) !== hexDigit(byte >> 4) ||
      load<u8>(text + 2 * place, 1) !== hexDigit(byte & 15)
    )
      return false;
  }
  return true;
}

function hexDigit(value: u8): u8 {
  return value < 10 ? 0x30 + value : 0x57 + value;
}
