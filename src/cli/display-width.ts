/**
 * Wide and fullwidth characters of Unicode's East Asian Width (UAX #11), as inclusive ranges; unassigned code
 * points between them are counted in. Wide symbols outside them have emoji presentation and are found by that.
 * A table of our own because the `string-width` package compiles regular expressions at import that cost
 * 25 ms, a third of what a whole command may take; the tests compare with that package.
 */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2329, 0x232a],
  [0x2630, 0x2637],
  [0x268a, 0x268f],
  [0x2e80, 0x303e],
  [0x3041, 0x3247],
  [0x3250, 0xa4cf],
  [0xa960, 0xa97c],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6b],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18dff],
  [0x1aff0, 0x1b2ff],
  [0x1d300, 0x1d376],
  [0x1f200, 0x1f265],
  [0x20000, 0x3fffd],
];

let segmenter: Intl.Segmenter | undefined;

/** Columns that the text takes on a terminal: two for wide characters and emoji, none for marks on others. */
export function displayWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const cluster of graphemes(text)) width += clusterWidth(cluster);
  return width;
}

/** The text cut to at most `width` columns, with an ellipsis where something is missing. */
export function truncate(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let result = '';
  let used = 0;
  for (const cluster of graphemes(text)) {
    const next = clusterWidth(cluster);
    if (used + next > width - 1) break;
    result += cluster;
    used += next;
  }
  return `${result}…`;
}

function* graphemes(text: string): Generator<string> {
  segmenter ??= new Intl.Segmenter('en');
  for (const { segment } of segmenter.segment(text)) yield segment;
}

function clusterWidth(cluster: string): number {
  if (/^[\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cs}\p{M}]+$/u.test(cluster)) return 0;
  if (/^\p{Emoji_Presentation}|^\p{Emoji}\ufe0f|^[\d#*]\ufe0f?\u20e3/u.test(cluster)) return 2;
  return isWide(cluster.codePointAt(0) ?? 0) ? 2 : 1;
}

function isWide(code: number): boolean {
  if (code < 0x1100) return false;
  return WIDE.some(([first, last]) => code >= first && code <= last);
}
