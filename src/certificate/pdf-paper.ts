import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { addSignatureField, type Box, type SignatureField } from './pdf-signature-field.js';
import { COLOR, type FontName, PAGE, type Style, TEXT_WIDTH } from './pdf-style.js';

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

/**
 * A document that is laid out twice: once without drawing, to learn the number of pages, and once for good.
 * So each page is finished and let go as soon as the next begins, and memory does not grow with the pages.
 */
export class Paper {
  /** Where the next block begins. */
  y: number = PAGE.top;
  page = 0;
  /** Set once a character had to be replaced. */
  lacksCharacters = false;
  readonly #widths: Record<FontName, Map<string, number>> = {
    sans: new Map(),
    bold: new Map(),
    serif: new Map(),
    mono: new Map(),
  };
  readonly #printable = new Map<string, string>();
  #fill = '';
  #drawing = false;
  #footer: (paper: Paper) => void = () => {};

  constructor(private readonly document: PDFKit.PDFDocument) {
    for (const font of Object.keys(FONT_FILES) as FontName[]) document.registerFont(font, fontFile(font));
  }

  /** Starts over: with drawing or without. */
  begin(options: { drawing: boolean; footer: (paper: Paper) => void }): void {
    this.#drawing = options.drawing;
    this.#footer = options.footer;
    this.page = 0;
    this.newPage();
  }

  newPage(): void {
    this.page += 1;
    this.y = PAGE.top;
    if (!this.#drawing) return;
    this.document.addPage();
    this.#fill = '';
    this.#footer(this);
  }

  /** Starts a new page unless so many points are left on this one. */
  ensure(height: number): void {
    if (this.y + height > PAGE.bottom) this.newPage();
  }

  widthOf(text: string, style: Style): number {
    const widths = this.#widths[style.font];
    let width = widths.get(text);
    if (width === undefined) {
      width = this.document.font(style.font).fontSize(1000).widthOfString(text) / 1000;
      widths.set(text, width);
    }
    return width * style.size;
  }

  /** One line at a place; `right` and `center` place it within `width`. */
  draw(
    line: string,
    x: number,
    y: number,
    style: Style,
    align: 'left' | 'right' | 'center' = 'left',
    width = 0,
  ): void {
    if (!this.#drawing || line === '') return;
    const room = align === 'left' ? 0 : width - this.widthOf(line, style);
    const shift = align === 'center' ? room / 2 : room;
    if (!RIGHT_TO_LEFT.test(line)) {
      this.#place(line, x + shift, y, style);
      return;
    }
    let at = x + shift;
    for (const word of visualOrder(line.split(' '))) {
      this.#place(word, at, y, style);
      at += this.widthOf(word, style) + this.widthOf(' ', style);
    }
  }

  /** Sets font and size each time, because measuring leaves others behind. */
  #place(text: string, x: number, y: number, style: Style): void {
    if (text === '') return;
    this.#fillWith(style.color);
    this.document.font(style.font).fontSize(style.size).text(text, x, y, { lineBreak: false });
  }

  rule(y: number, color: string = COLOR.rule, weight = 0.6, x: number = PAGE.left, width = TEXT_WIDTH): void {
    if (!this.#drawing) return;
    this.document
      .moveTo(x, y)
      .lineTo(x + width, y)
      .lineWidth(weight)
      .strokeColor(color)
      .stroke();
  }

  box(x: number, y: number, width: number, height: number, color: string): void {
    if (!this.#drawing) return;
    this.#fillWith(color);
    this.document.rect(x, y, width, height).fill();
  }

  /** Says the color only where it changes: a long table would otherwise repeat it for every cell. */
  #fillWith(color: string): void {
    if (color === this.#fill) return;
    this.document.fillColor(color);
    this.#fill = color;
  }

  /** The place of the signature, drawn in a font of this document. */
  signatureField(box: Box, field: SignatureField): void {
    if (!this.#drawing) return;
    this.document.font('sans');
    const lines = field.lines.map(({ text, size }) => ({ text: this.printable(text), size }));
    addSignatureField(this.document, box, { ...field, lines });
  }

  /** An entry in the reader's list of contents. */
  bookmark(title: string): void {
    if (this.#drawing) this.document.outline.addItem(title);
  }

  /** The text as the fonts can print it, without invisible characters and with printers' apostrophes. */
  printable(text: string): string {
    if (PLAIN.test(text)) return text;
    const known = this.#printable.get(text);
    if (known !== undefined) return known;
    const font = fontOf(this.document.font('sans'));
    const visible = text.replace(INVISIBLE, '').replace(APOSTROPHE, '\u2019');
    const result = Array.from(visible, (character) => {
      if (font.hasGlyphForCodePoint(character.codePointAt(0) ?? 0)) return character;
      this.lacksCharacters = true;
      return MISSING;
    }).join('');
    if (text.length < 200) this.#printable.set(text, result);
    return result;
  }
}

/** Words of right-to-left scripts in a line that otherwise runs to the right: each group of them is read from its right end. */
function visualOrder(words: readonly string[]): string[] {
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

/** pdfkit has no public way to ask whether a font has a character; tried in test/certificate. */
function fontOf(document: PDFKit.PDFDocument): { hasGlyphForCodePoint(codePoint: number): boolean } {
  return (document as unknown as { _font: { font: { hasGlyphForCodePoint(codePoint: number): boolean } } })
    ._font.font;
}
