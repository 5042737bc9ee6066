import { type CsvError, type Options, Parser } from 'csv-parse';
import { badInput, type Fault } from '../model/index.js';
import type { CsvFormat } from './csv-format.js';

/** One record of the file. */
export interface CsvRecord {
  /** Line of the file on which it starts, from 1. */
  line: number;
  /** Null where its quotes are so wrong that its cells cannot be told apart. */
  cells: readonly string[] | null;
}

/** Longest record, in characters: what a quote that is never closed may swallow before the reading stops. */
const LONGEST_RECORD = 1_048_576;

/**
 * csv-parse, fed and emptied by hand: records are taken from `push`, where Node's object stream would cost more
 * than the parsing, and lines are counted here, since `info: true` nearly halves the speed.
 */
export class RecordReader extends Parser {
  #records: CsvRecord[] = [];
  /** Line on which the next record starts. */
  #line: number;
  /** How far csv-parse's count of lines is ahead: it starts at 1, and counts a CRLF within quotes twice. */
  #ahead: number;
  /** Lines with wrong quotes since the last good record. */
  #misquoted: number[] = [];
  #lastByte = 0;
  #fatal: Fault | undefined;

  /** @param line of the file on which the first piece starts */
  constructor(format: CsvFormat, line = 1) {
    const options: Options = {
      delimiter: format.delimiter,
      record_delimiter: format.recordDelimiter,
      relax_column_count: true,
      skip_records_with_error: true,
      max_record_size: LONGEST_RECORD,
      on_skip: (error) => this.#onError(error),
    };
    super(options);
    this.#line = line;
    this.#ahead = 1 - line;
  }

  /** Line on which the record after the last complete one starts. */
  get line(): number {
    return this.#line;
  }

  /** Records that the piece completes. @throws Fault `csv-quotes` */
  feed(piece: Buffer): CsvRecord[] {
    this.#lastByte = piece.at(-1) ?? this.#lastByte;
    this.write(piece);
    return this.#take();
  }

  /** The last record. @throws Fault `csv-quotes` */
  async finish(): Promise<CsvRecord[]> {
    await new Promise<void>((done, fail) => {
      this.once('error', fail);
      this.end(done);
    });
    const ended = this.#lastByte === 0x0a || this.#lastByte === 0x0d;
    this.#checkMisquoted(this.info.lines - this.#ahead + (ended ? 0 : 1));
    return this.#take();
  }

  override push(record: string[] | null): boolean {
    if (record === null) return super.push(null);
    const last = record.length - 1;
    // A CRLF in a file whose header line ends with LF.
    if (record[last]?.endsWith('\r')) record[last] = record[last].slice(0, -1);
    let line = this.#line;
    if (this.info.lines !== line + this.#ahead || this.#misquoted.length > 0) {
      const breaks = record.reduce((sum, cell) => sum + (cell.match(/\r\n|\n|\r/g)?.length ?? 0), 0);
      const end = this.#misquoted.length > 0 ? this.info.lines - this.#ahead : line + breaks;
      line = end - breaks;
      this.#ahead = this.info.lines - end;
      this.#checkMisquoted(line);
      this.#line = end + 1;
    } else this.#line = line + 1;
    this.#records.push({ line, cells: record });
    return true;
  }

  #take(): CsvRecord[] {
    if (this.#fatal !== undefined) throw this.#fatal;
    const records = this.#records;
    this.#records = [];
    return records;
  }

  #onError(error: CsvError | undefined): undefined {
    if (error?.code === 'CSV_QUOTE_NOT_CLOSED' || error?.code === 'CSV_MAX_RECORD_SIZE') {
      this.#fatal ??= endless(this.#line);
      return undefined;
    }
    const line = this.info.lines - this.#ahead;
    if (this.#misquoted.at(-1) === line) return undefined;
    this.#misquoted.push(line);
    this.#records.push({ line, cells: null });
    return undefined;
  }

  /** A wrong quote may swallow the rows after it, and a row that nobody names must not get lost. */
  #checkMisquoted(next: number): void {
    const [first] = this.#misquoted;
    if (first !== undefined && next - first !== this.#misquoted.length) this.#fatal ??= endless(first);
    this.#misquoted = [];
  }
}

function endless(line: number): Fault {
  return badInput(
    'csv-quotes',
    `The row that starts on line ${line} does not end: a quote in it is not closed`,
    {
      hint: 'Close the quote; write a quote within a quoted cell twice ("")',
      details: { line },
    },
  );
}
