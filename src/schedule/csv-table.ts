/** A cell of a CSV file, with the place where it begins. */
export interface PlacedCell {
  text: string;
  /** From 1. */
  line: number;
  /** From 1, in UTF-16 code units. */
  column: number;
}

/** What is wrong with the form of a CSV file, and where. */
export interface CsvMistake {
  line: number;
  column: number;
  message: string;
  hint: string;
}

const DELIMITERS = [',', ';', '\t'] as const;

/**
 * Reads CSV (RFC 4180) of a page or two into rows of cells that know their places, which errors need. The delimiter
 * is the one that the first line has most of: comma, semicolon or tab. Lines of empty cells are left out.
 *
 * @param text decoded; a byte order mark is passed over
 */
export function readCsvTable(text: string): {
  rows: readonly PlacedCell[][];
  mistakes: readonly CsvMistake[];
} {
  const source = text.replace(/^\uFEFF/, '');
  const reader = new TableReader(source, delimiterOf(source));
  const rows = reader.rows().filter((row) => row.some((cell) => cell.text.trim() !== ''));
  return { rows, mistakes: reader.mistakes };
}

function delimiterOf(text: string): string {
  const head = text.split(/\r\n|\n|\r/, 1)[0] ?? '';
  const count = (delimiter: string) => head.split(delimiter).length;
  return DELIMITERS.toSorted((a, b) => count(b) - count(a))[0] ?? ',';
}

class TableReader {
  readonly mistakes: CsvMistake[] = [];
  readonly #text: string;
  readonly #delimiter: string;
  #at = 0;
  #line = 1;
  #lineStart = 0;

  constructor(text: string, delimiter: string) {
    this.#text = text;
    this.#delimiter = delimiter;
  }

  rows(): PlacedCell[][] {
    const rows: PlacedCell[][] = [];
    while (this.#at < this.#text.length) {
      const row = [this.#cell()];
      while (this.#text[this.#at] === this.#delimiter) {
        this.#at += 1;
        row.push(this.#cell());
      }
      this.#endLine();
      rows.push(row);
    }
    return rows;
  }

  #cell(): PlacedCell {
    const place = { line: this.#line, column: this.#at - this.#lineStart + 1 };
    const text = this.#text[this.#at] === '"' ? this.#quoted(place) : '';
    return { text: text + this.#plain(), ...place };
  }

  /** Up to the next delimiter or line end; behind a closing quote that is a mistake, unless it is nothing. */
  #plain(): string {
    const start = this.#at;
    while (this.#at < this.#text.length && !this.#ends(this.#text[this.#at] ?? '')) this.#at += 1;
    return this.#text.slice(start, this.#at);
  }

  #quoted(place: { line: number; column: number }): string {
    let text = '';
    this.#at += 1;
    for (;;) {
      const character = this.#text[this.#at];
      if (character === undefined) {
        const hint = 'Close it; write a quote within a quoted cell twice ("")';
        this.mistakes.push({ ...place, message: 'The quote that opens here is not closed', hint });
        return text;
      }
      if (character === '"') {
        if (this.#text[this.#at + 1] !== '"') break;
        this.#at += 1;
      }
      text += character;
      if (character === '\n' || character === '\r') this.#endLine();
      else this.#at += 1;
    }
    this.#at += 1;
    const next = this.#text[this.#at];
    if (next !== undefined && !this.#ends(next)) {
      const column = this.#at - this.#lineStart + 1;
      const hint = 'Put the whole cell in quotes, and write a quote within it twice ("")';
      this.mistakes.push({ line: this.#line, column, message: 'Text follows a closing quote', hint });
    }
    return text;
  }

  #ends(character: string): boolean {
    return character === this.#delimiter || character === '\n' || character === '\r';
  }

  #endLine(): void {
    if (this.#text.startsWith('\r\n', this.#at)) this.#at += 1;
    if (this.#at < this.#text.length) this.#at += 1;
    this.#line += 1;
    this.#lineStart = this.#at;
  }
}

/** One line of CSV (RFC 4180), with its line end. */
export function csvLine(cells: readonly string[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

/** A spreadsheet would run text that begins like a formula; {@link withoutGuard} takes the apostrophe away again. */
function csvCell(text: string): string {
  const guarded = GUARDED.test(text) ? `'${text}` : text;
  return /[",;\t\r\n]|^\s|\s$/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}

export function withoutGuard(text: string): string {
  return text.startsWith("'") && GUARDED.test(text) ? text.slice(1) : text;
}

const GUARDED = /^'*[=+\-@]/;
