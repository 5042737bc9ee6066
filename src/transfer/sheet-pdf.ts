import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { InstructionSheet } from './instruction-sheet.js';

/** Letter, in points. */
const PAGE = { width: 612, height: 792, margin: 60 };
const WIDTH = PAGE.width - 2 * PAGE.margin;
const INK = '#1b2130';
const MUTED = '#5a6373';
const ACCENT = '#1f3a5f';
const BAND = '#f3f5f8';
const COMMAND_PADDING = 7;

function fontFile(name: string): string {
  const folder = dirname(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json'));
  return join(folder, 'ttf', `${name}.ttf`);
}

/**
 * The instruction sheet on paper: Letter, fonts embedded, commands in a fixed-width font that can be copied.
 *
 * @returns the file, and how many different characters of the sheet its fonts lack
 */
export async function sheetPdf(
  sheet: InstructionSheet,
): Promise<{ bytes: Buffer; missingCharacters: number }> {
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
  pdf.registerFont('sans', fontFile('DejaVuSansCondensed'));
  pdf.registerFont('bold', fontFile('DejaVuSansCondensed-Bold'));
  pdf.registerFont('mono', fontFile('DejaVuSansMono'));
  const missingCharacters = missing(pdf, sheet);
  draw(pdf, sheet);
  pdf.end();
  await done;
  return { bytes: Buffer.concat(chunks), missingCharacters };
}

function missing(pdf: PDFKit.PDFDocument, { title, facts, steps, notes }: InstructionSheet): number {
  const texts = {
    bold: [title],
    sans: [...facts.flat(), ...steps.map(({ text }) => text), ...notes],
    mono: steps.flatMap(({ commands }) => commands),
  };
  const found = new Set<string>();
  for (const [name, lines] of Object.entries(texts)) {
    // pdfkit's declarations leave its current font out.
    const { _font: face } = pdf.font(name) as unknown as CurrentFont;
    for (const character of lines.join('')) {
      if (!/\p{Cc}/u.test(character) && !face.font.hasGlyphForCodePoint(character.codePointAt(0) ?? 0))
        found.add(character);
    }
  }
  return found.size;
}

interface CurrentFont {
  _font: { font: { hasGlyphForCodePoint(codePoint: number): boolean } };
}

function draw(pdf: PDFKit.PDFDocument, sheet: InstructionSheet): void {
  pdf.font('bold').fontSize(17).fillColor(ACCENT).text(sheet.title, { width: WIDTH });
  pdf.moveDown(0.8);
  for (const [head, value] of sheet.facts) {
    const top = pdf.y;
    pdf.font('sans').fontSize(9).fillColor(MUTED).text(head, PAGE.margin, top, { width: 84 });
    const mono = head === 'SHA-256';
    pdf
      .font(mono ? 'mono' : 'sans')
      .fontSize(mono ? 7.8 : 10)
      .fillColor(INK);
    pdf.text(value, PAGE.margin + 84, top, { width: WIDTH - 84 });
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
    pdf.font('sans').fontSize(10.5).fillColor(INK);
    pdf.text(text, PAGE.margin + 22, top, { width: WIDTH - 22, lineGap: 2 });
    for (const command of commands) drawCommand(pdf, command);
    pdf.moveDown(0.9);
  }
  pdf.font('sans').fontSize(9.5).fillColor(MUTED);
  for (const note of sheet.notes) {
    room(pdf, 40);
    pdf.text(note, PAGE.margin, pdf.y, { width: WIDTH, lineGap: 1.5 });
    pdf.moveDown(0.6);
  }
}

function drawCommand(pdf: PDFKit.PDFDocument, command: string): void {
  const left = PAGE.margin + 22;
  const inner = WIDTH - 22 - 2 * COMMAND_PADDING;
  pdf.moveDown(0.4);
  pdf.font('mono').fontSize(8.6);
  const height = pdf.heightOfString(command, { width: inner, lineGap: 2 }) + 2 * COMMAND_PADDING;
  room(pdf, height);
  const top = pdf.y;
  pdf.rect(left, top, WIDTH - 22, height).fill(BAND);
  pdf
    .fillColor(INK)
    .text(command, left + COMMAND_PADDING, top + COMMAND_PADDING, { width: inner, lineGap: 2 });
  pdf.y = top + height;
}

/** A new page unless so many points are left on this one. */
function room(pdf: PDFKit.PDFDocument, height: number): void {
  if (pdf.y + height > PAGE.height - PAGE.margin) pdf.addPage();
}
