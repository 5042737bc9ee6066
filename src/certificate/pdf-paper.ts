import { PaperFonts, runsLeft, visualOrder } from './pdf-fonts.js';
import { addSignatureField, type Box, type SignatureField } from './pdf-signature-field.js';
import { DocumentStructure, type StructureType } from './pdf-structure.js';
import { COLOR, PAGE, rgb, rounded, type Style, TEXT_WIDTH } from './pdf-style.js';
import type { Typeface } from './pdf-typeface.js';

/** What a document is drawn with beside its own fonts. */
export interface PaperOptions {
  /** Font file for characters that the others lack; null where none was named. */
  font: Buffer | null;
  /** PNG or JPEG; null where there is none. */
  logo: Buffer | null;
}

/** pdfkit's own parts that its declarations leave out. */
interface Internals {
  page: { fonts: Record<string, unknown>; write(operators: string): void };
}

/**
 * A document that is laid out twice: once without drawing, to learn the number of pages, and once for good.
 * So each page is finished and let go as soon as the next begins, and memory does not grow with the pages.
 *
 * Text, lines and boxes are written as operators (ISO 32000-1, 8 and 9) and handed to pdfkit page by page: a long table
 * has some hundred thousand of them.
 */
export class Paper {
  /** Where the next block begins. */
  y: number = PAGE.top;
  page = 0;
  readonly #fonts: PaperFonts;
  readonly #internals: Internals;
  #structure: DocumentStructure | null = null;
  #operators: string[] = [];
  #fill = '';
  #marked: object | null | undefined;
  #drawing = false;
  #footer: (paper: Paper) => void = () => {};

  constructor(
    private readonly document: PDFKit.PDFDocument,
    private readonly options: PaperOptions = { font: null, logo: null },
  ) {
    this.#internals = document;
    this.#fonts = new PaperFonts(document, options.font);
  }

  /** How many different characters had to be replaced so far. */
  get missingCharacters(): number {
    return this.#fonts.missing.size;
  }

  /** Starts over: with drawing or without. */
  begin(options: { drawing: boolean; footer: (paper: Paper) => void }): void {
    this.#drawing = options.drawing;
    this.#footer = options.footer;
    this.#structure = options.drawing ? new DocumentStructure(this.document) : null;
    this.page = 0;
    this.newPage();
  }

  /** Finishes what was drawn. */
  end(): void {
    this.#flush();
    this.#structure?.end();
  }

  newPage(): void {
    this.page += 1;
    this.y = PAGE.top;
    if (!this.#drawing) return;
    this.#flush();
    this.document.addPage();
    this.#fill = '';
    this.artifact(() => this.#footer(this));
  }

  /** What is drawn by `body` is one element of the document's structure. */
  tagged<T>(type: StructureType, body: () => T, attributes: Record<string, unknown> = {}): T {
    this.#structure?.begin(type, attributes);
    try {
      return body();
    } finally {
      this.#closeMark();
      this.#structure?.end();
    }
  }

  /** What is drawn by `body` repeats on pages, or is there for the eye only. */
  artifact(body: () => void): void {
    const structure = this.#structure;
    this.#closeMark();
    this.#structure = null;
    body();
    this.#closeMark();
    this.#structure = structure;
  }

  /** Starts a new page unless so many points are left on this one. */
  ensure(height: number): void {
    if (this.y + height > PAGE.bottom) this.newPage();
  }

  widthOf(text: string, style: Style): number {
    return this.#fonts.widthOf(text, style);
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
    if (!runsLeft(line)) {
      this.#place(line, x + shift, y, style);
      return;
    }
    let at = x + shift;
    for (const word of visualOrder(line.split(' '))) {
      this.#place(word, at, y, style);
      at += this.widthOf(word, style) + this.widthOf(' ', style);
    }
  }

  #place(text: string, x: number, y: number, style: Style): void {
    const base = this.#fonts.face(style.font);
    let at = x;
    for (const { text: part, face } of this.#fonts.runs(text, base)) {
      this.#placeRun(part, at, y + (base.embedded.ascender * style.size) / 1000, style, face);
      at += (face.width(part) * style.size) / 1000;
    }
  }

  /** @param baseline from the top of the page, whose coordinates pdfkit has turned upside down */
  #placeRun(text: string, x: number, baseline: number, style: Style, face: Typeface): void {
    if (text === '') return;
    this.#mark();
    this.#fillWith(style.color);
    const { id, ascender } = face.embedded;
    const glyphs = face.glyphs(text);
    if (glyphs === null) {
      const top = baseline - (ascender * style.size) / 1000;
      this.#write();
      this.document.font(style.font).fontSize(style.size).fillColor(style.color);
      this.document.text(text, x, top, { lineBreak: false });
      this.#fill = '';
      return;
    }
    this.#internals.page.fonts[id] ??= face.embedded.ref();
    this.#operators.push(
      `BT /${id} ${style.size} Tf 1 0 0 -1 ${rounded(x)} ${rounded(baseline)} Tm ${glyphs} TJ${this.#space(face)} ET`,
    );
  }

  /** After each piece of an element, so that readers do not run its last word into the next one. */
  #space(face: Typeface): string {
    return this.#structure?.current ? ` ${face.glyphs(' ')} TJ` : '';
  }

  rule(y: number, color: string = COLOR.rule, weight = 0.6, x: number = PAGE.left, width = TEXT_WIDTH): void {
    if (!this.#drawing) return;
    this.#asArtifact();
    this.#operators.push(
      `${rgb(color)} RG ${weight} w ${rounded(x)} ${rounded(y)} m ${rounded(x + width)} ${rounded(y)} l S`,
    );
  }

  box(x: number, y: number, width: number, height: number, color: string): void {
    if (!this.#drawing) return;
    this.#asArtifact();
    this.#fillWith(color);
    this.#operators.push(`${rounded(x)} ${rounded(y)} ${rounded(width)} ${rounded(height)} re f`);
  }

  /** A square code of black modules, with words for those who cannot see it. */
  code(modules: readonly (readonly boolean[])[], x: number, y: number, size: number, words: string): void {
    if (!this.#drawing) return;
    const step = size / modules.length;
    this.tagged(
      'Figure',
      () => {
        this.#mark();
        this.#fillWith(COLOR.ink);
        const dark = modules.flatMap((row, down) =>
          row.flatMap((module, across) =>
            module
              ? `${rounded(x + across * step)} ${rounded(y + down * step)} ${rounded(step)} ${rounded(step)} re`
              : [],
          ),
        );
        this.#operators.push(`${dark.join('\n')} f`);
      },
      {
        Alt: pdfText(words),
        A: { O: 'Layout', BBox: [x, PAGE.height - y - size, x + size, PAGE.height - y] },
      },
    );
  }

  /** The organization's logo, at most so large; nothing where there is none. @returns the width that it takes */
  logo(x: number, y: number, box: { width: number; height: number }, words: string): number {
    const { logo } = this.options;
    if (logo === null) return 0;
    const image = (
      this.document as unknown as { openImage(from: Buffer): { width: number; height: number } }
    ).openImage(logo);
    const scale = Math.min(box.width / image.width, box.height / image.height);
    const [width, height] = [image.width * scale, image.height * scale];
    if (this.#drawing) {
      this.tagged(
        'Figure',
        () => {
          this.#mark();
          this.#write();
          this.document.image(image as unknown as Buffer, x, y, { width, height });
        },
        {
          Alt: pdfText(words),
          A: { O: 'Layout', BBox: [x, PAGE.height - y - height, x + width, PAGE.height - y] },
        },
      );
    }
    return width;
  }

  /** The place of the signature, drawn in a font of this document. */
  signatureField(box: Box, field: SignatureField): void {
    if (!this.#drawing) return;
    this.tagged('Form', () => {
      this.#write();
      this.document.font('sans');
      const lines = field.lines.map(({ text, size }) => ({ text: this.#fonts.plain(text), size }));
      this.#structure?.annotation(addSignatureField(this.document, box, { ...field, lines }));
    });
  }

  /** Says the color only where it changes: a long table would otherwise repeat it for every cell. */
  #fillWith(color: string): void {
    if (color === this.#fill) return;
    this.#operators.push(`${rgb(color)} rg`);
    this.#fill = color;
  }

  /** Everything on a page is content of an element, or an artifact. */
  #mark(): void {
    const element = this.#structure?.current ?? null;
    if (this.#marked === element) return;
    this.#closeMark();
    this.#operators.push(element === null ? '/Artifact BMC' : (this.#structure?.mark() ?? '/Artifact BMC'));
    this.#marked = element;
  }

  #asArtifact(): void {
    if (this.#marked === null) return;
    this.#closeMark();
    this.#operators.push('/Artifact BMC');
    this.#marked = null;
  }

  #closeMark(): void {
    if (this.#marked === undefined) return;
    this.#operators.push('EMC');
    this.#marked = undefined;
  }

  #flush(): void {
    this.#closeMark();
    this.#write();
  }

  #write(): void {
    if (this.#operators.length === 0) return;
    this.#internals.page.write(this.#operators.join('\n'));
    this.#operators = [];
  }

  /** An entry in the reader's list of contents. */
  bookmark(title: string): void {
    if (this.#drawing) this.document.outline.addItem(title);
  }

  /** See {@link PaperFonts.printable}. */
  printable(text: string): string {
    return this.#fonts.printable(text);
  }
}

/** pdfkit writes a String object as a text string, and a plain one as a name. */
function pdfText(text: string): unknown {
  return Object(text);
}
