import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { FontName, Style } from './pdf-style.js';
import { type EmbeddedFont, Typeface } from './pdf-typeface.js';

// DejaVu covers Latin, Greek, Cyrillic, Armenian, Georgian, Hebrew and Arabic letters in one small family.
const FONT_FILES = {
  sans: 'DejaVuSansCondensed.ttf',
  bold: 'DejaVuSansCondensed-Bold.ttf',
  serif: 'DejaVuSerifCondensed-Bold.ttf',
  mono: 'DejaVuSansMono.ttf',
} as const satisfies Record<FontName, string>;

/** Stands for a character that none of the fonts has. */
const MISSING = '\u25a1';
const RIGHT_TO_LEFT = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
const PLAIN = /^[ -&(-~]*$/;
const APOSTROPHE = /(?<=\p{L})'(?=\p{L})/gu;
/** Invisible characters that can make text read differently from what it is. */
const INVISIBLE = /[\p{Cc}\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/gu;

function fontFile(font: FontName): string {
  const folder = dirname(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json'));
  return join(folder, 'ttf', FONT_FILES[font]);
}

/** A part of a text that one font can draw. */
interface Run {
  text: string;
  face: Typeface;
}

/** The fonts of a document: which of them draws a character, how wide a text is, and what can be printed of it. */
export class PaperFonts {
  /** The characters that had to be replaced so far. */
  readonly missing = new Set<string>();
  readonly #faces: Record<FontName, Typeface>;
  readonly #extra: Typeface | null;
  readonly #printable = new Map<string, string>();

  /** @param extra font file for characters that the others lack; null where none was named */
  constructor(document: PDFKit.PDFDocument, extra: Buffer | null) {
    const face = (name: string, source: string | Buffer) => {
      document.registerFont(name, source).font(name);
      // pdfkit's declarations leave its current font out.
      return new Typeface((document as unknown as { _font: EmbeddedFont })._font);
    };
    this.#faces = {
      sans: face('sans', fontFile('sans')),
      bold: face('bold', fontFile('bold')),
      serif: face('serif', fontFile('serif')),
      mono: face('mono', fontFile('mono')),
    };
    this.#extra = extra === null ? null : face('extra', extra);
  }

  face(font: FontName): Typeface {
    return this.#faces[font];
  }

  /**
   * The parts of a text with the names under which their fonts are registered, character for character as it is: for what
   * somebody has to type. A box stands for what no font has.
   */
  verbatim(text: string, font: FontName): { text: string; font: string }[] {
    const parts: { text: string; font: string }[] = [];
    for (const character of text) {
      const fit = /\p{Cc}/u.test(character) ? font : this.#fontOf(character, font);
      if (fit === null) this.missing.add(character);
      const part = { text: fit === null ? MISSING : character, font: fit ?? font };
      const last = parts.at(-1);
      if (last?.font === part.font) last.text += part.text;
      else parts.push(part);
    }
    return parts;
  }

  #fontOf(character: string, wanted: FontName): FontName | 'extra' | null {
    if (this.#faces[wanted].has(character)) return wanted;
    if (this.#faces.sans.has(character)) return 'sans';
    return this.#extra?.has(character) ? 'extra' : null;
  }

  /** In points. */
  widthOf(text: string, style: Style): number {
    const face = this.#faces[style.font];
    if (this.#extra === null || PLAIN.test(text)) return (face.width(text) * style.size) / 1000;
    const runs = this.runs(text, face);
    return (runs.reduce((sum, run) => sum + run.face.width(run.text), 0) * style.size) / 1000;
  }

  /** The parts of a text that one font can draw. */
  runs(text: string, face: Typeface): Run[] {
    const extra = this.#extra;
    if (extra === null || PLAIN.test(text)) return [{ text, face }];
    const runs: Run[] = [];
    for (const character of text) {
      const fit = face.has(character) || !extra.has(character) ? face : extra;
      const last = runs.at(-1);
      if (last?.face === fit) last.text += character;
      else runs.push({ text: character, face: fit });
    }
    return runs;
  }

  /** The text as the fonts can print it, without invisible characters and with printers' apostrophes. */
  printable(text: string): string {
    if (PLAIN.test(text)) return text;
    const known = this.#printable.get(text);
    if (known !== undefined) return known;
    const visible = text.replace(INVISIBLE, '').replace(APOSTROPHE, '\u2019');
    const result = Array.from(visible, (character) => {
      if (this.#faces.sans.has(character) || this.#extra?.has(character)) return character;
      this.missing.add(character);
      return MISSING;
    }).join('');
    if (text.length < 200) this.#printable.set(text, result);
    return result;
  }

  /** Text in the one font that a form field is drawn in. */
  plain(text: string): string {
    return Array.from(this.printable(text), (character) =>
      this.#faces.sans.has(character) ? character : MISSING,
    ).join('');
  }
}

/** Whether a line has words of a script that runs to the left. */
export function runsLeft(line: string): boolean {
  return RIGHT_TO_LEFT.test(line);
}

/** Words of right-to-left scripts in a line that otherwise runs to the right: each group of them is read from its right end. */
export function visualOrder(words: readonly string[]): string[] {
  const ordered: string[] = [];
  let group: string[] = [];
  for (const word of words) {
    if (RIGHT_TO_LEFT.test(word)) {
      group.unshift(word);
      continue;
    }
    ordered.push(...group, word);
    group = [];
  }
  return [...ordered, ...group];
}
