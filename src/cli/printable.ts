/**
 * Characters that change how a terminal shows the text around them: C0 and C1 controls (so every escape
 * sequence), lone surrogates, bidirectional overrides and isolates, invisible operators, line and paragraph
 * separators, tag characters. Joiners (U+200C, U+200D) stay: scripts and emoji need them.
 */
const UNPRINTABLE =
  /[\p{Cc}\p{Cs}\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

const OUR_COLOURS = new RegExp(`(${String.fromCharCode(27)}\\[(?:0|1|2|31|32|33|36)m|[\\n\\t])`);

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (character === '\n') return '\\n';
  if (character === '\r') return '\\r';
  if (character === '\t') return '\\t';
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`;
}

/**
 * Makes data safe to show on one line of a terminal: whatever could move the cursor, start an escape
 * sequence or turn the reading direction is written as a visible escape such as `\x1b` or `\u202e`.
 * Every title, location, name or note that comes from a file or the database goes through here.
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, escaped);
}

/**
 * The second line of defence, for whole outputs: as {@link printable}, but keeps line feeds, tabs and, when
 * `colours` is set, the few colour sequences that this program itself writes.
 */
export function printableOutput(text: string, colours: boolean): string {
  return text
    .split(OUR_COLOURS)
    .map((part, index) =>
      index % 2 === 1 && (colours || part === '\n' || part === '\t') ? part : printable(part),
    )
    .join('');
}
