import type { CsvFormat } from './csv-format.js';
import { type CsvRecord, RecordReader } from './record-reader.js';
import { cellsOf } from './simple-line.js';

/** A line this long, in bytes, is left to csv-parse, which knows when to give up. */
const LONGEST_LINE = 65_536;

/**
 * The records of a file, piece by piece. Lines without anything special about their quotes are cut apart here,
 * which takes a third of the time; from the first other line on, csv-parse reads the whole rest of the file. So
 * there is one place where the two meet, and it is at the start of a record.
 */
export class RecordSource {
  /** Bytes that are no whole line yet. */
  #rest: Buffer = Buffer.alloc(0);
  #line = 1;
  #parser: RecordReader | undefined;
  #finished = false;

  constructor(private readonly format: CsvFormat) {}

  /** Line on which the record after the last complete one starts. */
  get line(): number {
    return this.#parser?.line ?? this.#line;
  }

  get finished(): boolean {
    return this.#finished;
  }

  /** Records that the piece completes. @param piece UTF-8 @throws Fault `csv-quotes` */
  feed(piece: Buffer): CsvRecord[] {
    if (this.#parser !== undefined) return this.#parser.feed(piece);
    const bytes = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    const { recordDelimiter } = this.format;
    const last = bytes.lastIndexOf(recordDelimiter);
    const end = last === -1 ? 0 : last + recordDelimiter.length;
    this.#rest = bytes.subarray(end);
    const text = bytes.toString('utf8', 0, end);
    const records: CsvRecord[] = [];
    for (let start = 0; start < text.length; ) {
      const stop = text.indexOf(recordDelimiter, start);
      const cells = cellsOf(text.slice(start, stop), this.format.delimiter);
      if (cells === undefined) return [...records, ...this.#handOver(Buffer.from(text.slice(start)))];
      records.push({ line: this.#line, cells });
      this.#line += 1;
      start = stop + recordDelimiter.length;
    }
    if (this.#rest.length > LONGEST_LINE) return [...records, ...this.#handOver(Buffer.alloc(0))];
    return records;
  }

  /** The last record. @throws Fault `csv-quotes` */
  async finish(): Promise<CsvRecord[]> {
    this.#finished = true;
    const handedOver = this.#parser === undefined ? this.#handOver(Buffer.alloc(0)) : [];
    const last = await this.#parser?.finish();
    return [...handedOver, ...(last ?? [])];
  }

  /** Gives all that has not been cut apart to csv-parse, which reads from here on. */
  #handOver(lines: Buffer): CsvRecord[] {
    this.#parser = new RecordReader(this.format, this.#line);
    return this.#parser.feed(Buffer.concat([lines, this.#rest]));
  }
}
