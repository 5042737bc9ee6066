import type { SourceProblem } from '../workspace/index.js';
import type { PlacedCell } from './csv-table.js';

type Place = Pick<PlacedCell, 'line' | 'column'>;

/** A YAML text that is written line by line, one value on each, and remembers where each line came from. */
export class PlacedYaml {
  readonly #lines: string[] = [];
  readonly #places: Place[] = [];

  /** A line as it is, without a place of its own unless it is given: then it has that of the line before. */
  plain(line: string, place: Place = this.#places.at(-1) ?? { line: 1, column: 1 }): void {
    this.#lines.push(line);
    this.#places.push({ line: place.line, column: place.column });
  }

  /** `key: "text"`. Text is in quotes, as JSON writes it, so that it is never read as anything else; digits stay a number. */
  value(indent: string, key: string, cell: PlacedCell): void {
    const number = key === 'approvals' || key === 'days' ? /^\d{1,9}$/.test(cell.text) : false;
    this.plain(`${indent}${key}: ${number ? String(Number(cell.text)) : JSON.stringify(cell.text)}`, cell);
  }

  /** A key whose value follows on the next lines. */
  parent(indent: string, key: string, place: Place): void {
    this.plain(`${indent}${key}:`, place);
  }

  /** The same for a key that is the text of a cell. */
  key(indent: string, cell: PlacedCell): void {
    this.plain(`${indent}${JSON.stringify(cell.text)}:`, cell);
  }

  /** `"text": "text"`, both from cells. */
  field(indent: string, key: PlacedCell, value: PlacedCell): void {
    this.plain(`${indent}${JSON.stringify(key.text)}: ${JSON.stringify(value.text)}`, key);
  }

  text(): string {
    return `${this.#lines.join('\n')}\n`;
  }

  /** A problem of this text as one of the file that its values came from. */
  relocated(problem: SourceProblem): SourceProblem {
    const place = this.#places[problem.line - 1] ?? { line: 1, column: 1 };
    return { ...problem, line: place.line, column: place.column };
  }
}
