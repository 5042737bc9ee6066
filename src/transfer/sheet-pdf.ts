import { drawWith, PaperFonts } from '../certificate/index.js';
import type { InstructionSheet } from './instruction-sheet.js';

/** Letter, in points. */
const PAGE = { width: 612, height: 792, margin: 60 };
const WIDTH = PAGE.width - 2 * PAGE.margin;
const INK = '#1b2130';
const MUTED = '#5a6373';
const ACCENT = '#1f3a5f';
const BAND = '#f3f5f8';
const COMMAND_PADDING = 7;

/**
 * The instruction sheet on paper: Letter, fonts embedded, commands in a fixed-width font that can be copied.
 *
 * @param font content of a font file for characters that the fonts of this program lack; one that is damaged is left out
 * @returns the file, and how many different characters of the sheet its fonts lack
 */
export async function sheetPdf(sheet: InstructionSheet, font: Buffer | null): Promise<DrawnSheet> {
  return await drawWith({ font, logo: null }, (assets) => drawn(sheet, assets.font));
}

interface DrawnSheet {
  bytes: Buffer;
  missingCharacters: number;
}

async function drawn(sheet: InstructionSheet, font: Buffer | null): Promise<DrawnSheet> {
  const { default: PDFDocument } = await import('pdfkit');
  const pdf = new PDFDocument({
    size: [PAGE.width, PAGE.height],
    margin: PAGE.margin,
    lang: 'en-US',
    displayTitle: true,
    info: { Title: sheet.title },
  });
  const chunks: Buffer[] = [];
  pdf.on('data', (chunk: Buffer) => chunks.push(chunk));
  const done = new Promise<void>((resolve, reject) => {
    pdf.on('end', resolve);
    pdf.on('error', reject);
  });
  const writer = new SheetWriter(pdf, font);
  draw(pdf, writer, sheet);
  pdf.end();
  await done;
  return { bytes: Buffer.concat(chunks), missingCharacters: writer.missingCharacters };
}

/** Writes each character in the first font that has it. */
class SheetWriter {
  readonly #fonts: PaperFonts;
  readonly #pdf: PDFKit.PDFDocument;

  constructor(pdf: PDFKit.PDFDocument, extra: Buffer | null) {
    this.#pdf = pdf;
    this.#fonts = new PaperFonts(pdf, extra);
  }

  get missingCharacters(): number {
    return this.#fonts.missing.size;
  }

  text(text: string, font: SheetFont, x: number, y: number, options: PDFKit.Mixins.TextOptions): void {
    const parts = this.#fonts.verbatim(text, font);
    // Otherwise each font hangs from the top of the line by an ascender of its own.
    const { _fontSize: size } = this.#pdf as unknown as { _fontSize: number };
    const baseline = (-this.#fonts.face(font).embedded.ascender * size) / 1000;
    for (const [index, part] of parts.entries()) {
      const all = { ...options, baseline, continued: index < parts.length - 1 };
      this.#pdf.font(part.font);
      if (index === 0) this.#pdf.text(part.text, x, y, all);
      else this.#pdf.text(part.text, all);
    }
    this.#pdf.font(font);
  }

  /** Enough for the text whichever of its fonts is the largest. */
  heightOf(text: string, font: SheetFont, options: PDFKit.Mixins.TextOptions): number {
    const parts = this.#fonts.verbatim(text, font);
    const printed = parts.map((part) => part.text).join('');
    const heights = [font, ...parts.map((part) => part.font)].map((name) =>
      this.#pdf.font(name).heightOfString(printed, options),
    );
    return Math.max(...heights);
  }
}

type SheetFont = 'sans' | 'bold' | 'mono';

function draw(pdf: PDFKit.PDFDocument, writer: SheetWriter, sheet: InstructionSheet): void {
  pdf.font('bold').fontSize(17).fillColor(ACCENT);
  writer.text(sheet.title, 'bold', PAGE.margin, pdf.y, { width: WIDTH });
  pdf.moveDown(0.8);
  for (const [head, value] of sheet.facts) {
    const top = pdf.y;
    pdf.font('sans').fontSize(9).fillColor(MUTED).text(head, PAGE.margin, top, { width: 84 });
    const mono = head === 'SHA-256';
    pdf.fontSize(mono ? 7.8 : 10).fillColor(INK);
    writer.text(value, mono ? 'mono' : 'sans', PAGE.margin + 84, top, { width: WIDTH - 84 });
    pdf.moveDown(0.25);
  }
  pdf.moveDown(0.8);
  for (const [index, { text, commands }] of sheet.steps.entries()) {
    room(pdf, 60);
    const top = pdf.y;
    pdf
      .font('bold')
      .fontSize(11)
      .fillColor(ACCENT)
      .text(`${index + 1}`, PAGE.margin, top);
    pdf.fontSize(10.5).fillColor(INK);
    writer.text(text, 'sans', PAGE.margin + 22, top, { width: WIDTH - 22, lineGap: 2 });
    for (const command of commands) drawCommand(pdf, writer, command);
    pdf.moveDown(0.9);
  }
  pdf.font('sans').fontSize(9.5).fillColor(MUTED);
  for (const note of sheet.notes) {
    room(pdf, 40);
    pdf.text(note, PAGE.margin, pdf.y, { width: WIDTH, lineGap: 1.5 });
    pdf.moveDown(0.6);
  }
}

function drawCommand(pdf: PDFKit.PDFDocument, writer: SheetWriter, command: string): void {
  const left = PAGE.margin + 22;
  const inner = WIDTH - 22 - 2 * COMMAND_PADDING;
  pdf.moveDown(0.4);
  pdf.font('mono').fontSize(8.6);
  const height = writer.heightOf(command, 'mono', { width: inner, lineGap: 2 }) + 2 * COMMAND_PADDING;
  room(pdf, height);
  const top = pdf.y;
  pdf.rect(left, top, WIDTH - 22, height).fill(BAND);
  pdf.fillColor(INK);
  writer.text(command, 'mono', left + COMMAND_PADDING, top + COMMAND_PADDING, { width: inner, lineGap: 2 });
  pdf.y = top + height;
}

/** A new page unless so many points are left on this one. */
function room(pdf: PDFKit.PDFDocument, height: number): void {
  if (pdf.y + height > PAGE.height - PAGE.margin) pdf.addPage();
}
