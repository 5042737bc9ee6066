/** Columns of a terminal that nobody has made larger. */
const WIDTH = 80;

/**
 * Text in lines of at most 80 columns; a word that is longer stands alone.
 *
 * @param first what the first line begins with
 * @param rest what the others begin with
 */
export function wrapped(text: string, first: string, rest = ' '.repeat(first.length)): string {
  const lines: string[] = [];
  let line = first;
  let empty = true;
  for (const word of text.split(' ')) {
    if (!empty && line.length + word.length > WIDTH) {
      lines.push(line.trimEnd());
      line = rest;
    }
    line += `${word} `;
    empty = false;
  }
  return [...lines, line.trimEnd()].join('\n');
}
