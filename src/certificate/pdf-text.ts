import type { Paper } from './pdf-paper.js';
import { PAGE, STYLE, type Style, TEXT_WIDTH } from './pdf-style.js';

const ELLIPSIS = '\u2026';
/** Within ids and addresses a line may end after these, but not within a number such as 123,456,789. */
const BREAK_AFTER = /(?<=[-_./:;@])|(?<=,)(?<!\d,(?=\d{3}(?!\d)))/;

/**
 * Breaks a text into lines that fit the width: between words, then after punctuation inside long ids, then
 * anywhere. What does not fit into `maxLines` ends with an ellipsis.
 */
export function wrap(paper: Paper, text: string, style: Style, width: number, maxLines = Infinity): string[] {
  const printable = paper.printable(text);
  if (paper.widthOf(printable, style) <= width) return [printable];
  const lines: string[] = [];
  const space = paper.widthOf(' ', style);
  let line = '';
  let used = 0;
  for (const word of printable.split(' ')) {
    const pieces = paper.widthOf(word, style) <= width ? [word] : split(paper, word, style, width);
    for (const [index, piece] of pieces.entries()) {
      const gap = index === 0 && line !== '' ? space : 0;
      const wide = paper.widthOf(piece, style);
      if (line !== '' && used + gap + wide > width) {
        lines.push(line);
        line = piece;
        used = wide;
      } else {
        line += (gap > 0 ? ' ' : '') + piece;
        used += gap + wide;
      }
    }
  }
  if (line !== '') lines.push(line);
  if (lines.length <= maxLines) return lines;
  const last = lines.slice(maxLines - 1).join(' ');
  return [...lines.slice(0, maxLines - 1), ellipsized(paper, last, style, width)];
}

function split(paper: Paper, word: string, style: Style, width: number): string[] {
  return word.split(BREAK_AFTER).flatMap((part) => {
    if (paper.widthOf(part, style) <= width) return [part];
    const pieces: string[] = [];
    let piece = '';
    for (const character of part) {
      if (piece !== '' && paper.widthOf(piece + character, style) > width) {
        pieces.push(piece);
        piece = '';
      }
      piece += character;
    }
    return [...pieces, piece];
  });
}

/** The beginning of the text that fits with an ellipsis; the text itself where all of it fits. */
export function ellipsized(paper: Paper, text: string, style: Style, width: number): string {
  const printable = paper.printable(text);
  if (paper.widthOf(printable, style) <= width) return printable;
  const characters = Array.from(printable.slice(0, 400));
  let [low, high] = [0, characters.length];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const fits = paper.widthOf(characters.slice(0, middle).join('') + ELLIPSIS, style) <= width;
    if (fits) low = middle;
    else high = middle - 1;
  }
  return characters.slice(0, low).join('').trimEnd() + ELLIPSIS;
}

/** Draws lines one under the other and returns the height they take. */
export function drawLines(
  paper: Paper,
  lines: readonly string[],
  x: number,
  y: number,
  style: Style,
): number {
  lines.forEach((line, index) => {
    paper.draw(line, x, y + index * style.leading, style);
  });
  return lines.length * style.leading;
}

/** A paragraph over the whole width that may run on to the next page; at least two lines stay together. */
export function paragraph(
  paper: Paper,
  text: string,
  style: Style,
  options: { indent?: number; after?: number } = {},
): void {
  const indent = options.indent ?? 0;
  const lines = wrap(paper, text, style, TEXT_WIDTH - indent);
  const together = lines.length <= 3 ? lines.length : 2;
  paper.tagged('P', () => {
    lines.forEach((line, index) => {
      if (index === 0) paper.ensure(together * style.leading);
      else if (index === lines.length - 2 && lines.length > 3) paper.ensure(2 * style.leading);
      else paper.ensure(style.leading);
      paper.draw(line, PAGE.left + indent, paper.y, style);
      paper.y += style.leading;
    });
  });
  paper.y += options.after ?? 5;
}

/** A digest on a line of its own, with what it is the digest of. */
export function digestLine(paper: Paper, label: string, sha256: string): void {
  paper.ensure(STYLE.body.leading + STYLE.digest.leading);
  paper.tagged('P', () => {
    paper.draw(label, PAGE.left, paper.y, STYLE.body);
    paper.y += STYLE.body.leading;
    paper.draw(sha256, PAGE.left, paper.y, { ...STYLE.digest, size: 7.4, color: STYLE.body.color });
  });
  paper.y += STYLE.digest.leading + 7;
}

/** A heading that stays with at least `keep` points of what follows. */
export function heading(
  paper: Paper,
  text: string,
  style: Style,
  options: { before?: number; keep?: number; level?: 'H2' | 'H3' } = {},
): void {
  const before = options.before ?? 12;
  const lines = wrap(paper, text, style, TEXT_WIDTH);
  const height = lines.length * style.leading;
  if (paper.y > PAGE.top) paper.y += before;
  paper.ensure(height + 4 + (options.keep ?? 40));
  paper.tagged(options.level ?? 'H2', () => {
    paper.y += drawLines(paper, lines, PAGE.left, paper.y, style) + 4;
  });
}
