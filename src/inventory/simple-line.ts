const QUOTE = 0x22;

/**
 * The cells of a line whose quotes can only mean one thing: none at all, or around whole cells and nowhere else.
 *
 * @param line without its line end
 * @returns undefined for any other line: a quote within a cell, one that is not closed, a stray line end
 */
export function cellsOf(line: string, delimiter: string): string[] | undefined {
  const text = line.endsWith('\r') ? withoutCarriageReturn(line) : line;
  if (text === undefined || text.includes('\r') || text.includes('\n')) return undefined;
  if (!text.includes('"')) return text.split(delimiter);
  const cells: string[] = [];
  for (let start = 0; ; ) {
    const quoted = text.charCodeAt(start) === QUOTE;
    const stop = quoted ? text.indexOf('"', start + 1) + 1 : text.indexOf(delimiter, start);
    if (quoted && stop === 0) return undefined;
    const end = stop === -1 ? text.length : stop;
    const cell = quoted ? text.slice(start + 1, end - 1) : text.slice(start, end);
    if (!quoted && cell.includes('"')) return undefined;
    cells.push(cell);
    if (end === text.length) return cells;
    if (!text.startsWith(delimiter, end)) return undefined;
    start = end + delimiter.length;
  }
}

/** A CRLF in a file whose header line ends with LF; after a quoted cell it is for csv-parse to complain of. */
function withoutCarriageReturn(line: string): string | undefined {
  return line.endsWith('"\r') ? undefined : line.slice(0, -1);
}
