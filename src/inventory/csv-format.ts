/** What separates cells and lines, as the start of the file shows. */
export interface CsvFormat {
  delimiter: string;
  recordDelimiter: string;
}

/** What may separate cells, by name. */
export const DELIMITERS = { comma: ',', semicolon: ';', tab: '\t' } as const;

/**
 * Finds out the format from the header line.
 *
 * @param start UTF-8 text that holds the whole header line, where the file has one
 * @param countKnown how many of the cells name a known column
 */
export function detectFormat(
  start: string,
  delimiter: string | undefined,
  countKnown: (cells: readonly string[]) => number,
): CsvFormat {
  const lineEnd = /\r\n|\n|\r/.exec(start);
  const headerLine = lineEnd === null ? start : start.slice(0, lineEnd.index);
  const candidates = Object.values(DELIMITERS).map((each) => {
    const cells = headerLine.split(each).map((cell) => cell.replaceAll(/^\s*"|"\s*$/g, ''));
    return { delimiter: each, known: countKnown(cells), cells: cells.length };
  });
  const best = candidates.toSorted((a, b) => b.known - a.known || b.cells - a.cells)[0];
  return { delimiter: delimiter ?? best?.delimiter ?? ',', recordDelimiter: lineEnd?.[0] ?? '\n' };
}
