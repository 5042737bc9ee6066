/**
 * A fast check that bytes are an entry in canonical JSON (RFC 8785), without making a value of them: `log verify` looks at
 * hundreds of thousands of entries a second. It accepts nothing that `parseLogEntry` refuses. What it cannot decide, such
 * as fractions or keys that are not ASCII, it refuses too; the caller then asks `parseLogEntry`.
 */
export class EntryScanner {
  /** Ranges of the members' text, without quotes, of the entry that was scanned last. */
  actionStart = 0;
  actionEnd = 0;
  operatorStart = 0;
  operatorEnd = 0;
  prevStart = 0;
  seqStart = 0;
  seqEnd = 0;
  timeStart = 0;
  timeEnd = 0;
  workspaceStart = 0;
  workspaceEnd = 0;
  /** Whether the entry names a checkpoint. */
  hasCheckpoint = false;
  /** Whether any byte is not ASCII; whether these are UTF-8 is for the caller to check. */
  hasWide = false;

  #bytes: Uint8Array = new Uint8Array(0);
  /** Of the string that was read last: where its text begins, and whether it has an escape or a byte that is not ASCII. */
  #start = 0;
  #escaped = false;
  #wide = false;

  /**
   * @param bytes of which at least one, after `end`, is no part of the entry
   * @returns whether the bytes from `start` to before `end` are an entry
   */
  scan(bytes: Uint8Array, start: number, end: number): boolean {
    this.#bytes = bytes;
    this.hasWide = false;
    return this.#rest(this.#entry(start)) === end;
  }

  // Each of the following takes the place at which something has to begin, and returns the place after it: FAILED where
  // it does not begin there. No byte is found at FAILED, so that what follows fails too.

  #entry(start: number): number {
    let at = this.#plainString(literalEnd(this.#bytes, start, OPEN));
    [this.actionStart, this.actionEnd] = [this.#start, at - 1];
    this.hasCheckpoint = this.#bytes[at + 3] === LETTER_H;
    if (this.hasCheckpoint) at = this.#object(literalEnd(this.#bytes, at, CHECKPOINT), 1);
    at = this.#string(literalEnd(this.#bytes, at, COMMAND));
    at = this.#object(literalEnd(this.#bytes, at, DATA), 1);
    if (this.#bytes[at + 2] === LETTER_E) at = integerEnd(this.#bytes, literalEnd(this.#bytes, at, ELAPSED));
    at = this.#string(literalEnd(this.#bytes, at, FORMAT_HOST));
    at = this.#plainString(literalEnd(this.#bytes, at, OPERATOR));
    [this.operatorStart, this.operatorEnd] = [this.#start, at - 1];
    return this.#string(literalEnd(this.#bytes, at, OUTCOME));
  }

  #rest(start: number): number {
    let at = this.#plainString(literalEnd(this.#bytes, start, PREV));
    if (at - 1 - this.#start !== 64) return FAILED;
    this.prevStart = this.#start;
    this.seqStart = literalEnd(this.#bytes, at, SEQ);
    at = integerEnd(this.#bytes, this.seqStart);
    this.seqEnd = at;
    at = this.#object(literalEnd(this.#bytes, at, SUBJECT), 1);
    at = this.#plainString(literalEnd(this.#bytes, at, TIME));
    [this.timeStart, this.timeEnd] = [this.#start, at - 1];
    at = this.#plainString(literalEnd(this.#bytes, at, WORKSPACE));
    [this.workspaceStart, this.workspaceEnd] = [this.#start, at - 1];
    return this.#bytes[at] === CLOSE ? at + 1 : FAILED;
  }

  /** A string without escapes, whose bytes are therefore its text. */
  #plainString(at: number): number {
    const end = this.#string(at);
    return this.#escaped ? FAILED : end;
  }

  #string(start: number): number {
    const bytes = this.#bytes;
    if (bytes[start] !== QUOTE) return FAILED;
    let at = start + 1;
    this.#start = at;
    this.#escaped = false;
    this.#wide = false;
    for (;;) {
      // Most bytes are plain, and this is most of the work.
      while (SPECIAL[bytes[at] as number] === 0) at += 1;
      const byte = bytes[at++];
      if (byte === QUOTE) return at;
      if (byte === undefined || byte < 0x20) return FAILED;
      if (byte === BACKSLASH) {
        this.#escaped = true;
        at = escapeEnd(bytes, at);
        if (at === FAILED) return FAILED;
      } else {
        this.#wide = true;
        this.hasWide = true;
      }
    }
  }

  #value(at: number, depth: number): number {
    switch (this.#bytes[at]) {
      case QUOTE:
        return this.#string(at);
      case BRACE:
        return this.#object(at, depth + 1);
      case BRACKET:
        return this.#array(at, depth + 1);
      case LETTER_T:
        return literalEnd(this.#bytes, at, TRUE);
      case LETTER_F:
        return literalEnd(this.#bytes, at, FALSE);
      case LETTER_N:
        return literalEnd(this.#bytes, at, NULL);
      default:
        return integerEnd(this.#bytes, at);
    }
  }

  #object(start: number, depth: number): number {
    const bytes = this.#bytes;
    if (bytes[start] !== BRACE || depth > MOST_LEVELS) return FAILED;
    let at = start + 1;
    if (bytes[at] === CLOSE) return at + 1;
    let before = 0;
    for (;;) {
      const key = at + 1;
      at = this.#plainString(at);
      // Keys are compared by their bytes, which is the order of RFC 8785 for ASCII only.
      if (this.#wide || (before !== 0 && !isLess(bytes, before, key))) return FAILED;
      before = key;
      if (bytes[at] !== COLON) return FAILED;
      at = this.#value(at + 1, depth);
      const next = bytes[at++];
      if (next === CLOSE) return at;
      if (next !== COMMA) return FAILED;
    }
  }

  #array(start: number, depth: number): number {
    const bytes = this.#bytes;
    if (depth > MOST_LEVELS) return FAILED;
    let at = start + 1;
    if (bytes[at] === CLOSE_BRACKET) return at + 1;
    for (;;) {
      at = this.#value(at, depth);
      const next = bytes[at++];
      if (next === CLOSE_BRACKET) return at;
      if (next !== COMMA) return FAILED;
    }
  }
}

/** A place before every entry at which there is no byte. */
const FAILED = -1000;
const [QUOTE, BACKSLASH, COLON, COMMA, MINUS] = [0x22, 0x5c, 0x3a, 0x2c, 0x2d];
const [BRACE, CLOSE, BRACKET, CLOSE_BRACKET] = [0x7b, 0x7d, 0x5b, 0x5d];
const [ZERO, NINE] = [0x30, 0x39];
const [LETTER_E, LETTER_F, LETTER_H, LETTER_N, LETTER_T, LETTER_U] = [0x65, 0x66, 0x68, 0x6e, 0x74, 0x75];
const MOST_LEVELS = 30;

const encoded = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const [TRUE, FALSE, NULL] = [encoded('true'), encoded('false'), encoded('null')];
/** The members of an entry in the order of canonical JSON; checkpoint and elapsed_ms may be missing. */
const OPEN = encoded('{"action":');
const CHECKPOINT = encoded(',"checkpoint":');
const COMMAND = encoded(',"command":');
const DATA = encoded(',"data":');
const ELAPSED = encoded(',"elapsed_ms":');
const FORMAT_HOST = encoded(',"format":"quietus-log/1","host":');
const OPERATOR = encoded(',"operator":');
const OUTCOME = encoded(',"outcome":');
const PREV = encoded(',"prev":');
const SEQ = encoded(',"seq":');
const SUBJECT = encoded(',"subject":');
const TIME = encoded(',"time":');
const WORKSPACE = encoded(',"workspace":');

/** Two-character escapes of RFC 8785 after the backslash: " \ b f n r t. */
const SHORT_ESCAPES = new Set([0x22, 0x5c, 0x62, 0x66, 0x6e, 0x72, 0x74]);
const LONG_ESCAPES = new Set(
  Array.from({ length: 32 }, (_, code) => code)
    .filter((code) => ![8, 9, 10, 12, 13].includes(code))
    .map((code) => `00${code.toString(16).padStart(2, '0')}`),
);

/** 1 for what a string may not simply go on with: its end, an escape, control characters, what is not ASCII. */
const SPECIAL = Uint8Array.from({ length: 256 }, (_, byte) =>
  Number(byte < 0x20 || byte >= 0x80 || byte === QUOTE || byte === BACKSLASH),
);

function literalEnd(bytes: Uint8Array, start: number, expected: Uint8Array): number {
  for (let place = 0; place < expected.length; place += 1)
    if (bytes[start + place] !== expected[place]) return FAILED;
  return start + expected.length;
}

/** After a whole number of at most 15 digits, which a double holds exactly. */
function integerEnd(bytes: Uint8Array, start: number): number {
  let at = start;
  if (bytes[at] === MINUS && bytes[at + 1] !== ZERO) at += 1;
  const first = at;
  for (let byte = bytes[at] ?? 0; byte >= ZERO && byte <= NINE; byte = bytes[at] ?? 0) at += 1;
  const digits = at - first;
  if (digits === 0 || digits > 15 || (digits > 1 && bytes[first] === ZERO)) return FAILED;
  const next = bytes[at];
  return next === COMMA || next === CLOSE || next === CLOSE_BRACKET ? at : FAILED;
}

/** Where an escape ends that begins after a backslash; FAILED where it is not the canonical one. */
function escapeEnd(bytes: Uint8Array, at: number): number {
  const kind = bytes[at] ?? 0;
  if (SHORT_ESCAPES.has(kind)) return at + 1;
  if (kind !== LETTER_U) return FAILED;
  const digits = String.fromCharCode(...bytes.subarray(at + 1, at + 5));
  return LONG_ESCAPES.has(digits) ? at + 5 : FAILED;
}

/** Whether the key at one place comes before that at the other; both end with a quotation mark. */
function isLess(bytes: Uint8Array, one: number, other: number): boolean {
  for (let place = 0; ; place += 1) {
    const [a, b] = [bytes[one + place] ?? QUOTE, bytes[other + place] ?? QUOTE];
    // The end comes before everything; a quotation mark would not.
    if (a === QUOTE) return b !== QUOTE;
    if (b === QUOTE) return false;
    if (a !== b) return a < b;
  }
}
