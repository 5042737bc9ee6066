// A fast check that bytes are an entry in canonical JSON (RFC 8785), without making a value of them. It accepts nothing
// that `parseLogEntry` refuses. What it cannot decide, such as fractions or keys that are not ASCII, it refuses too; the
// caller then asks `parseLogEntry`. After the bytes come zeros, so that nothing is read beyond them.

import { literal, startsWith } from './bytes';

/** Ranges of the members' text, without quotes, of the entry that was scanned last. */
export let actionStart: usize = 0;
export let actionEnd: usize = 0;
export let operatorStart: usize = 0;
export let operatorEnd: usize = 0;
export let prevStart: usize = 0;
export let seqStart: usize = 0;
export let seqEnd: usize = 0;
export let timeStart: usize = 0;
export let timeEnd: usize = 0;
export let workspaceStart: usize = 0;
export let workspaceEnd: usize = 0;
/** Whether the entry names a checkpoint. */
export let hasCheckpoint: bool = false;
/** Whether any byte is not ASCII; whether these are UTF-8 is for the caller to check. */
export let hasWide: bool = false;

// Of the string that was read last: where its text begins, and whether it has an escape or a byte that is not ASCII.
let textStart: usize = 0;
let escaped: bool = false;
let wide: bool = false;

/** No place: what has to begin there does not. */
const FAILED: usize = 0;
const MOST_LEVELS = 30;

const QUOTE: u8 = 0x22;
const BACKSLASH: u8 = 0x5c;
const COLON: u8 = 0x3a;
const COMMA: u8 = 0x2c;
const MINUS: u8 = 0x2d;
const BRACE: u8 = 0x7b;
const CLOSE: u8 = 0x7d;
const BRACKET: u8 = 0x5b;
const CLOSE_BRACKET: u8 = 0x5d;
const ZERO: u8 = 0x30;
const NINE: u8 = 0x39;
const LETTER_A: u8 = 0x61;
const LETTER_E: u8 = 0x65;
const LETTER_F: u8 = 0x66;
const LETTER_H: u8 = 0x68;
const LETTER_N: u8 = 0x6e;
const LETTER_T: u8 = 0x74;
const LETTER_U: u8 = 0x75;

const TRUE = literal('true');
const FALSE = literal('false');
const NULL = literal('null');
// The members of an entry in the order of canonical JSON; checkpoint and elapsed_ms may be missing.
const OPEN = literal('{"action":');
const CHECKPOINT = literal(',"checkpoint":');
const COMMAND = literal(',"command":');
const DATA = literal(',"data":');
const ELAPSED = literal(',"elapsed_ms":');
const FORMAT_HOST = literal(',"format":"quietus-log/1","host":');
const OPERATOR = literal(',"operator":');
const OUTCOME = literal(',"outcome":');
const PREV = literal(',"prev":');
const SEQ = literal(',"seq":');
const SUBJECT = literal(',"subject":');
const TIME = literal(',"time":');
const WORKSPACE = literal(',"workspace":');

/** Where the entry ends that begins at `start`; 0 where none does. */
export function scanEntry(start: usize): usize {
  hasWide = false;
  return rest(beginning(start));
}

// Each of the following takes the place at which something has to begin, and returns the place after it: FAILED where it
// does not begin there, and where it was given FAILED.

function beginning(start: usize): usize {
  let at = plainString(after(start, OPEN));
  actionStart = textStart;
  actionEnd = at - 1;
  hasCheckpoint = at !== FAILED && load<u8>(at, 3) === LETTER_H;
  if (hasCheckpoint) at = object(after(at, CHECKPOINT), 1);
  at = string(after(at, COMMAND));
  at = object(after(at, DATA), 1);
  if (at !== FAILED && load<u8>(at, 2) === LETTER_E) at = integer(after(at, ELAPSED));
  at = string(after(at, FORMAT_HOST));
  at = plainString(after(at, OPERATOR));
  operatorStart = textStart;
  operatorEnd = at - 1;
  return string(after(at, OUTCOME));
}

function rest(start: usize): usize {
  let at = plainString(after(start, PREV));
  prevStart = textStart;
  if (at - 1 - prevStart !== 64) return FAILED;
  seqStart = after(at, SEQ);
  at = integer(seqStart);
  seqEnd = at;
  at = object(after(at, SUBJECT), 1);
  at = plainString(after(at, TIME));
  timeStart = textStart;
  timeEnd = at - 1;
  at = plainString(after(at, WORKSPACE));
  workspaceStart = textStart;
  workspaceEnd = at - 1;
  return at !== FAILED && load<u8>(at) === CLOSE ? at + 1 : FAILED;
}

function after(at: usize, expected: usize): usize {
  return at !== FAILED && startsWith(at, expected) ? at + load<i32>(expected) : FAILED;
}

/** A string without escapes, whose bytes are therefore its text. */
function plainString(at: usize): usize {
  const end = string(at);
  return escaped ? FAILED : end;
}

function string(start: usize): usize {
  escaped = false;
  wide = false;
  if (start === FAILED || load<u8>(start) !== QUOTE) return FAILED;
  let at = start + 1;
  textStart = at;
  while (true) {
    // Most bytes are plain, and this is most of the work.
    at = afterPlain(at);
    const byte = load<u8>(at++);
    if (byte === QUOTE) return at;
    if (byte < 0x20) return FAILED;
    if (byte === BACKSLASH) {
      escaped = true;
      at = escapeEnd(at);
      if (at === FAILED) return FAILED;
    } else {
      wide = true;
      hasWide = true;
    }
  }
}

/** The first byte that a string may not simply go on with: its end, an escape, control characters, what is not ASCII. */
function afterPlain(start: usize): usize {
  let at = start;
  while (true) {
    const bytes = v128.load(at);
    // As signed numbers, bytes that are not ASCII are below zero.
    const special = v128.or(
      i8x16.lt_s(bytes, i8x16.splat(0x20)),
      v128.or(i8x16.eq(bytes, i8x16.splat(QUOTE)), i8x16.eq(bytes, i8x16.splat(BACKSLASH))),
    );
    const found = i8x16.bitmask(special);
    if (found !== 0) return at + ctz(found);
    at += 16;
  }
}

function value(at: usize, depth: i32): usize {
  if (at === FAILED) return FAILED;
  switch (load<u8>(at)) {
    case QUOTE:
      return string(at);
    case BRACE:
      return object(at, depth + 1);
    case BRACKET:
      return array(at, depth + 1);
    case LETTER_T:
      return after(at, TRUE);
    case LETTER_F:
      return after(at, FALSE);
    case LETTER_N:
      return after(at, NULL);
    default:
      return integer(at);
  }
}

function object(start: usize, depth: i32): usize {
  if (start === FAILED || load<u8>(start) !== BRACE || depth > MOST_LEVELS) return FAILED;
  let at = start + 1;
  if (load<u8>(at) === CLOSE) return at + 1;
  let before: usize = FAILED;
  while (true) {
    const key = at + 1;
    at = plainString(at);
    // Keys are compared by their bytes, which is the order of RFC 8785 for ASCII only.
    if (at === FAILED || wide || (before !== FAILED && !isLess(before, key))) return FAILED;
    before = key;
    if (load<u8>(at) !== COLON) return FAILED;
    at = value(at + 1, depth);
    if (at === FAILED) return FAILED;
    const next = load<u8>(at++);
    if (next === CLOSE) return at;
    if (next !== COMMA) return FAILED;
  }
}

function array(start: usize, depth: i32): usize {
  if (depth > MOST_LEVELS) return FAILED;
  let at = start + 1;
  if (load<u8>(at) === CLOSE_BRACKET) return at + 1;
  while (true) {
    at = value(at, depth);
    if (at === FAILED) return FAILED;
    const next = load<u8>(at++);
    if (next === CLOSE_BRACKET) return at;
    if (next !== COMMA) return FAILED;
  }
}

/** A whole number of at most 15 digits, which a double holds exactly. */
function integer(start: usize): usize {
  if (start === FAILED) return FAILED;
  let at = start;
  if (load<u8>(at) === MINUS && load<u8>(at, 1) !== ZERO) at++;
  const firstDigit = at;
  while (load<u8>(at) >= ZERO && load<u8>(at) <= NINE) at++;
  const digits = at - firstDigit;
  if (digits === 0 || digits > 15 || (digits > 1 && load<u8>(firstDigit) === ZERO)) return FAILED;
  const next = load<u8>(at);
  return next === COMMA || next === CLOSE || next === CLOSE_BRACKET ? at : FAILED;
}

/** After the backslash: the canonical escapes of RFC 8785 are " \ b f n r t, and \u00xx for other control characters. */
function escapeEnd(at: usize): usize {
  const kind = load<u8>(at);
  if (isShort(kind)) return at + 1;
  if (kind !== LETTER_U || load<u8>(at, 1) !== ZERO || load<u8>(at, 2) !== ZERO) return FAILED;
  const high = load<u8>(at, 3) - ZERO;
  const low = load<u8>(at, 4);
  const digit: u8 =
    low >= ZERO && low <= NINE ? low - ZERO : low >= LETTER_A && low <= LETTER_F ? low - LETTER_A + 10 : 16;
  if (high > 1 || digit > 15) return FAILED;
  const code = high * 16 + digit;
  const hasShort = code === 8 || code === 9 || code === 10 || code === 12 || code === 13;
  return hasShort ? FAILED : at + 5;
}

function isShort(kind: u8): bool {
  return (
    kind === QUOTE ||
    kind === BACKSLASH ||
    kind === 0x62 ||
    kind === LETTER_F ||
    kind === LETTER_N ||
    kind === 0x72 ||
    kind === LETTER_T
  );
}

/** Whether the key at one place comes before that at the other; both end with a quotation mark. */
function isLess(one: usize, other: usize): bool {
  let place: usize = 0;
  while (true) {
    const a = load<u8>(one + place);
    const b = load<u8>(other + place);
    // The end comes before everything; a quotation mark would not.
    if (a === QUOTE) return b !== QUOTE;
    if (b === QUOTE) return false;
    if (a !== b) return a < b;
    place++;
  }
}
