/** The text as it is parsed, and the way back from its offsets to lines and columns of the file. */
export class SourceText {
  readonly parsed: string;
  /** Offsets of the lines that are indented with tabs. */
  readonly tabs: number[] = [];
  /** Offset of the first character of each line. */
  readonly #starts: number[] = [];
  /** Where the last line with anything on it ends. */
  readonly #end: number;
  readonly #tabsOfLine = new Map<number, number>();

  /** Tabs in the indentation are read as two spaces each, so that one tab does not hide all other mistakes. */
  constructor(text: string) {
    const lines = text.replace(/^\uFEFF/, '').split('\n');
    let offset = 0;
    this.parsed = lines
      .map((line, index) => {
        const indent = /^[ \t]*/.exec(line)?.[0] ?? '';
        const tabs = indent.split('\t').length - 1;
        const parsed = tabs === 0 ? line : indent.replaceAll('\t', '  ') + line.slice(indent.length);
        if (tabs > 0) this.#tabsOfLine.set(index + 1, tabs);
        if (tabs > 0 && indent.length < line.trimEnd().length && line[indent.length] !== '#') {
          this.tabs.push(offset);
        }
        this.#starts.push(offset);
        offset += parsed.length + 1;
        return parsed;
      })
      .join('\n');
    this.#end = this.parsed.trimEnd().length;
  }

  /** Line and column from 1. A place after the last character is given as the end of the last line with any. */
  position(offset: number): { line: number; column: number } {
    const place = Math.max(0, Math.min(offset, this.#end));
    let [low, high] = [0, this.#starts.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#starts[middle] ?? 0) <= place) low = middle;
      else high = middle - 1;
    }
    const inLine = place - (this.#starts[low] ?? 0) + 1;
    const tabs = this.#tabsOfLine.get(low + 1) ?? 0;
    return { line: low + 1, column: inLine <= 2 * tabs ? Math.ceil(inLine / 2) : inLine - tabs };
  }
}
