import type { ByteSink } from '../byte-flow.js';
import { damaged } from './age-faults.js';

const BEGIN = '-----BEGIN AGE ENCRYPTED FILE-----';
const END = '-----END AGE ENCRYPTED FILE-----';
const COLUMNS = 64;
const LINE_BYTES = 48;
/** White space allowed before and after the armor, in bytes. */
const MAX_AROUND = 1024;
const BASE64_LINE = /^[A-Za-z0-9+/]+={0,2}$/;
/** Bytes that become text at a time: whole lines. */
const BLOCK_BYTES = LINE_BYTES * 1024;
const LINE_FEED = 0x0a;

/** Whether a file that begins so is an armored age file: white space, then the line that begins the armor. */
export function isArmored(start: Uint8Array): boolean {
  return Buffer.from(start.buffer, start.byteOffset, Math.min(start.length, MAX_AROUND + BEGIN.length))
    .toString('latin1')
    .trimStart()
    .startsWith(BEGIN);
}

/** Turns bytes into ASCII armor (C2SP age, ASCII armor; strict PEM of RFC 7468): 64 columns, line feeds. */
export class ArmorWriter {
  readonly #sink: ByteSink;
  readonly #block = Buffer.alloc(BLOCK_BYTES);
  #held = 0;
  #begun = false;

  constructor(sink: ByteSink) {
    this.#sink = sink;
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (!this.#begun) await this.#sink.write(Buffer.from(`${BEGIN}\n`));
    this.#begun = true;
    for (let from = 0; from < bytes.length; ) {
      const part = bytes.subarray(from, from + BLOCK_BYTES - this.#held);
      this.#block.set(part, this.#held);
      this.#held += part.length;
      from += part.length;
      if (this.#held === BLOCK_BYTES) await this.#flush();
    }
  }

  async end(): Promise<void> {
    if (this.#held > 0) await this.#flush();
    await this.#sink.write(Buffer.from(`${END}\n`));
  }

  async #flush(): Promise<void> {
    const text = Buffer.from(this.#block.toString('base64', 0, this.#held), 'latin1');
    const lines = Math.ceil(text.length / COLUMNS);
    const armored = Buffer.alloc(text.length + lines, LINE_FEED);
    for (let line = 0; line < lines; line += 1) {
      text.copy(armored, line * (COLUMNS + 1), line * COLUMNS, (line + 1) * COLUMNS);
    }
    this.#held = 0;
    await this.#sink.write(armored);
  }
}

/**
 * Reads ASCII armor strictly: white space around it and CR before LF are allowed, nothing else is.
 *
 * @throws Fault `ciphertext-damaged`
 */
export async function* readArmor(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const lines = armorLines(pieces);
  for (let around = 0; ; ) {
    const { value, done } = await lines.next();
    if (done) throw damaged('its armor does not begin as it must');
    // White space may stand before the first line on the same line too.
    const line = around === 0 || value.trim() === '' ? value.trimStart() : value;
    if (line === BEGIN) break;
    around += value.length + 1;
    if (line !== '' || around > MAX_AROUND) throw damaged('its armor does not begin as it must');
  }
  let block: string[] = [];
  let last = false;
  for (;;) {
    const { value: line, done } = await lines.next();
    if (done) throw damaged('its armor has no end: it is cut off');
    if (line === END) break;
    if (last || line.length > COLUMNS || !BASE64_LINE.test(line))
      throw damaged('a line of its armor is wrong');
    last = line.length < COLUMNS || line.endsWith('=');
    block.push(line);
    if (block.length * LINE_BYTES >= BLOCK_BYTES) {
      yield decode(block);
      block = [];
    }
  }
  if (block.length > 0) yield decode(block);
  for (let around = 0; ; ) {
    const { value, done } = await lines.next();
    if (done) return;
    around += value.length + 1;
    if (value.trim() !== '' || around > MAX_AROUND) throw damaged('something follows its armor');
  }
}

/** @throws Fault `ciphertext-damaged` for another spelling than the one that writers use */
function decode(lines: readonly string[]): Buffer {
  const text = lines.join('');
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) throw damaged('its armor is not canonical base64');
  return bytes;
}

/** Lines without their ends; the last one also where no line feed follows it. */
async function* armorLines(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let rest = '';
  for await (const piece of pieces) {
    const parts = (rest + Buffer.from(piece.buffer, piece.byteOffset, piece.length).toString('latin1')).split(
      '\n',
    );
    rest = parts.pop() ?? '';
    if (rest.length > 2 * MAX_AROUND) throw damaged('a line of its armor is too long');
    for (const line of parts) yield line.endsWith('\r') ? line.slice(0, -1) : line;
  }
  if (rest !== '') yield rest;
}
