/** What is written for a text, and how wide it is, in thousandths of the font's size. */
export interface ShapedText {
  /** Operand of the operator TJ. */
  glyphs: string;
  width: number;
}

interface Position {
  xAdvance: number;
  advanceWidth: number;
  xOffset: number;
  yOffset: number;
}

/** pdfkit's font, as far as it is used here; its declarations leave it out. */
export interface EmbeddedFont {
  id: string;
  ascender: number;
  ref(): unknown;
  encode(text: string): [string[], Position[]];
  widthOfString(text: string, size: number): number;
  font: { hasGlyphForCodePoint(codePoint: number): boolean };
}

/** Ids, numbers and days: nothing in them is kerned, and there is one of them in every cell of a long table. */
const UNKERNED = /^[0-9A-Z ,.:/#()-]*$/;

/** One font of a document. Shaping is the costly part of a long table: each text is shaped once. */
export class Typeface {
  readonly #widths = new Map<string, number>();
  readonly #glyphs = new Map<string, string | null>();
  readonly #characters = new Map<string, { glyph: string; width: number }>();

  constructor(readonly embedded: EmbeddedFont) {}

  has(character: string): boolean {
    return this.embedded.font.hasGlyphForCodePoint(character.codePointAt(0) ?? 0);
  }

  /** In thousandths of the size. */
  width(text: string): number {
    let width = this.#widths.get(text);
    if (width === undefined) {
      width = UNKERNED.test(text)
        ? Array.from(text).reduce((sum, character) => sum + this.#character(character).width, 0)
        : this.embedded.widthOfString(text, 1000);
      this.#widths.set(text, width);
    }
    return width;
  }

  /** Operand of TJ; null for text whose marks are placed above or below, which pdfkit has to draw. */
  glyphs(text: string): string | null {
    let glyphs = this.#glyphs.get(text);
    if (glyphs === undefined) {
      glyphs = UNKERNED.test(text)
        ? `[<${Array.from(text, (character) => this.#character(character).glyph).join('')}>]`
        : this.#shaped(text);
      this.#glyphs.set(text, glyphs);
    }
    return glyphs;
  }

  #character(character: string): { glyph: string; width: number } {
    let known = this.#characters.get(character);
    if (known === undefined) {
      const [glyphs] = this.embedded.encode(character);
      known = { glyph: glyphs.join(''), width: this.embedded.widthOfString(character, 1000) };
      this.#characters.set(character, known);
    }
    return known;
  }

  #shaped(text: string): string | null {
    const [glyphs, positions] = this.embedded.encode(text);
    let operand = '[<';
    for (const [index, glyph] of glyphs.entries()) {
      const { xAdvance, advanceWidth, xOffset, yOffset } = positions[index] as Position;
      if (xOffset !== 0 || yOffset !== 0) return null;
      operand += glyph;
      const kern = Math.round((advanceWidth - xAdvance) * 100) / 100;
      if (kern !== 0) operand += `> ${kern} <`;
    }
    return `${operand}>]`;
  }
}
