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
  #at = 0;
  /** An escape in the string that was read last. */
  #escaped = false;
  #wide = false;

  /** @returns whether the bytes from `start` to before `end` are an entry */
  scan(bytes: Uint8Array, start: number, end: number): boolean {
    this.#bytes = bytes;
    this.#at = start;
    this.hasWide = false;
    return this.#entry() && this.#at === end;
  }

  #entry(): boolean {
    if (!this.#literal(OPEN) || !this.#plainString()) return false;
    [this.actionStart, this.actionEnd] = [this.#start, this.#at - 1];
    this.hasCheckpoint = this.#bytes[this.#at + 3] === LETTER_H;
    if (this.hasCheckpoint && !(this.#literal(CHECKPOINT) && this.#object(1))) return false;
    if (!this.#literal(COMMAND) || !this.#string() || !this.#literal(DATA) || !this.#object(1)) return false;
    if (this.#bytes[this.#at + 2] === LETTER_E && !(this.#literal(ELAPSED) && this.#integer())) return false;
    if (!this.#literal(FORMAT_HOST) || !this.#string()) return false;
    if (!this.#literal(OPERATOR) || !this.#plainString()) return false;
    [this.operatorStart, this.operatorEnd] = [this.#start, this.#at - 1];
    if (!this.#literal(OUTCOME) || !this.#string()) return false;
    if (!this.#literal(PREV) || !this.#plainString() || this.#at - 1 - this.#start !== 64) return false;
    this.prevStart = this.#start;
    if (!this.#literal(SEQ)) return false;
    this.seqStart = this.#at;
    if (!this.#integer()) return false;
    this.seqEnd = this.#at;
    return this.#rest();
  }

  #rest(): boolean {
    if (!this.#literal(SUBJECT) || !this.#object(1) || !this.#literal(TIME) || !this.#plainString())
      return false;
    [this.timeStart, this.timeEnd] = [this.#start, this.#at - 1];
    if (!this.#literal(WORKSPACE) || !this.#plainString()) return false;
    [this.workspaceStart, this.workspaceEnd] = [this.#start, this.#at - 1];
    return this.#bytes[this.#at++] === CLOSE;
  }

  #start = 0;

  #literal(expected: Uint8Array): boolean {
    const bytes = this.#bytes;
    let at = this.#at;
    for (let place = 0; place < expected.length; place += 1)
      if (bytes[at++] !== expected[place]) return false;
    this.#at = at;
    return true;
  }

  /** A string without escapes, whose bytes are therefore its text. */
  #plainString(): boolean {
    return this.#string() && !this.#escaped;
  }

  #string(): boolean {
    const bytes = this.#bytes;
    let at = this.#at;
    if (bytes[at++] !== QUOTE) return false;
    this.#start = at;
    this.#escaped = false;
    let wide = false;
    for (;;) {
      const byte = bytes[at++];
      if (byte === QUOTE) break;
      if (byte === undefined || byte < 0x20) return false;
      if (byte === BACKSLASH) {
        this.#escaped = true;
        at = escapeEnd(bytes, at);
        if (at === -1) return false;
      } else if (byte >= 0x80) wide = true;
    }
    this.#at = at;
    this.#wide = wide;
    if (wide) this.hasWide = true;
    return true;
  }

  #value(depth: number): boolean {
    switch (this.#bytes[this.#at]) {
      case QUOTE:
        return this.#string();
      case BRACE:
        return this.#object(depth + 1);
      case BRACKET:
        return this.#array(depth + 1);
      case LETTER_T:
        return this.#literal(TRUE);
      case LETTER_F:
        return this.#literal(FALSE);
      case LETTER_N:
        return this.#literal(NULL);
      default:
        return this.#integer();
    }
  }

  #object(depth: number): boolean {
    const bytes = this.#bytes;
    if (bytes[this.#at++] !== BRACE || depth > MOST_LEVELS) return false;
    if (bytes[this.#at] === CLOSE) {
      this.#at += 1;
      return true;
    }
    let [before, beforeEnd] = [0, 0];
    for (;;) {
      // Keys are compared by their bytes, which is the order of RFC 8785 for ASCII only.
      if (!this.#plainString() || this.#wide) return false;
      const [start, end] = [this.#start, this.#at - 1];
      if (before !== 0 && !isLess(bytes, before, beforeEnd, start, end)) return false;
      [before, beforeEnd] = [start, end];
      if (bytes[this.#at++] !== COLON || !this.#value(depth)) return false;
      const next = bytes[this.#at++];
      if (next === CLOSE) return true;
      if (next !== COMMA) return false;
    }
  }

  #array(depth: number): boolean {
    const bytes = this.#bytes;
    this.#at += 1;
    if (depth > MOST_LEVELS) return false;
    if (bytes[this.#at] === CLOSE_BRACKET) {
      this.#at += 1;
      return true;
    }
    for (;;) {
      if (!this.#value(depth)) return false;
      const next = bytes[this.#at++];
      if (next === CLOSE_BRACKET) return true;
      if (next !== COMMA) return false;
    }
  }

  /** A whole number of at most 15 digits, which a double holds exactly. */
  #integer(): boolean {
    const bytes = this.#bytes;
    let at = this.#at;
    if (bytes[at] === MINUS && bytes[at + 1] !== ZERO) at += 1;
    const first = at;
    for (let byte = bytes[at] ?? 0; byte >= ZERO && byte <= NINE; byte = bytes[at] ?? 0) at += 1;
    const digits = at - first;
    if (digits === 0 || digits > 15 || (digits > 1 && bytes[first] === ZERO)) return false;
    const next = bytes[at];
    this.#at = at;
    return next === COMMA || next === CLOSE || next === CLOSE_BRACKET;
  }
}

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

/** Where an escape ends that begins after a backslash; -1 where it is not the canonical one. */
function escapeEnd(bytes: Uint8Array, at: number): number {
  const kind = bytes[at] ?? 0;
  if (SHORT_ESCAPES.has(kind)) return at + 1;
  if (kind !== LETTER_U) return -1;
  const digits = String.fromCharCode(...bytes.subarray(at + 1, at + 5));
  return LONG_ESCAPES.has(digits) ? at + 5 : -1;
}

function isLess(bytes: Uint8Array, one: number, oneEnd: number, other: number, otherEnd: number): boolean {
  const length = Math.min(oneEnd - one, otherEnd - other);
  for (let place = 0; place < length; place += 1) {
    const [a, b] = [bytes[one + place] ?? 0, bytes[other + place] ?? 0];
    if (a !== b) return a < b;
  }
  return oneEnd - one < otherEnd - other;
}
