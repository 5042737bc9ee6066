import type { CertificateDocument } from './certificate-format.js';
import type { PdfAssets } from './pdf-assets.js';
import { type Attachment, attach } from './pdf-attachment.js';
import { drawFooter, drawFront } from './pdf-front.js';
import { infoOf } from './pdf-info.js';
import { Paper } from './pdf-paper.js';
import { drawSchedule } from './pdf-schedule.js';
import { drawAuthority, drawExceptions, drawLog, drawMethods, drawSignatureLines } from './pdf-sections.js';
import { PAGE, STYLE } from './pdf-style.js';
import { paragraph } from './pdf-text.js';

export interface RenderOptions extends Partial<PdfAssets> {
  /** SHA-256, hex, of the JSON file; printed on each page. */
  documentSha256: string;
  /** Files that the PDF carries: the JSON document, and its signature. */
  attachments?: readonly Attachment[];
}

/** A PDF, and how many different characters of its texts its fonts lack. */
export interface RenderedPdf {
  bytes: Buffer;
  missingCharacters: number;
}

/**
 * Makes the PDF of a certificate: Letter size, fonts embedded. The same document and digest give the same
 * bytes on the same version of Node (which brings the compressor). Where the document names a signer, the PDF has a
 * signature field with room for the signature, which `signPdf` puts there.
 */
export async function renderCertificate(
  document: CertificateDocument,
  options: RenderOptions,
): Promise<RenderedPdf> {
  const { default: PDFDocument } = await import('pdfkit');
  const pdf = new PDFDocument({
    size: [PAGE.width, PAGE.height],
    margin: 0,
    autoFirstPage: false,
    pdfVersion: '1.7',
    lang: 'en-US',
    tagged: true,
    subset: 'PDF/A-3a',
    displayTitle: true,
    info: infoOf(document, options.documentSha256),
  });
  const chunks: Buffer[] = [];
  pdf.on('data', (chunk: Buffer) => chunks.push(chunk));
  const done = new Promise<void>((resolve, reject) => {
    pdf.on('end', resolve);
    pdf.on('error', reject);
  });
  const paper = new Paper(pdf, { font: options.font ?? null, logo: options.logo ?? null });
  let complete: boolean;
  do {
    complete = paper.missingCharacters > 0;
    paper.begin({ drawing: false, footer: () => {} });
    drawAll(paper, document, options.documentSha256);
    // The note about characters that the fonts lack takes room, and is known to be needed only at the end.
  } while (paper.missingCharacters > 0 !== complete);
  const pages = paper.page;
  paper.begin({
    drawing: true,
    footer: (sheet) => drawFooter(sheet, document, { sha256: options.documentSha256, pages }),
  });
  drawAll(paper, document, options.documentSha256);
  paper.end();
  for (const each of options.attachments ?? []) attach(pdf, each, new Date(document.issued_at));
  pdf.end();
  await done;
  return { bytes: Buffer.concat(chunks), missingCharacters: paper.missingCharacters };
}

function drawAll(paper: Paper, document: CertificateDocument, sha256: string): void {
  drawFront(paper, document, { sha256 });
  drawExceptions(paper, document);
  drawMethods(paper, document);
  drawAuthority(paper, document);
  drawLog(paper, document);
  if (paper.missingCharacters > 0) {
    paragraph(
      paper,
      'Some names use characters that the fonts of this document lack; they are printed as \u25a1 and stand in full in the JSON document.',
      STYLE.body,
    );
  }
  drawSignatureLines(paper, document);
  drawSchedule(paper, document);
}
