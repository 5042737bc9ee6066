import type { Session } from '../session/index.js';
import { counted } from './certificate-words.js';
import { drawWith, usableFont } from './pdf-assets.js';
import { PaperFonts } from './pdf-fonts.js';

/** A PDF in a sentence, and what makes it anew. */
interface PdfInWords {
  what: string;
  again: string;
}

/** The PDF of a certificate, for {@link warnOfMissingCharacters}. */
export function certificateInWords(number: string): PdfInWords {
  return {
    what: `The PDF of certificate ${number}`,
    again: `then issue it again: quietus certificate issue --replaces ${number}`,
  };
}

/** Says that a PDF prints characters as boxes, how many, and what helps; never which, as they are of people's names. */
export function warnOfMissingCharacters(
  session: Session,
  missing: number,
  { what, again }: PdfInWords,
): void {
  if (missing === 0) return;
  const boxes = missing === 1 ? 'a box' : 'boxes';
  session.warn(
    `${what} prints ${counted(missing, 'character', 'characters')} as ${boxes}, because no font of it has ${missing === 1 ? 'it' : 'them'}. ` +
      `${fontAdvice(session)}; ${again}`,
  );
}

/** How many different characters of the names of the organization and of active operators no font of a certificate has. */
export async function missingInNames(session: Session): Promise<number> {
  const { organization, certificate } = session.settings();
  const operators = await session.store.operators.list();
  const names = [
    organization.name,
    organization.address ?? '',
    ...operators.filter(({ deactivatedAt }) => deactivatedAt === null).map(({ name }) => name),
  ];
  // Every font has these, and to load fonts takes longer than the rest.
  if (names.every((name) => /^[ -~]*$/.test(name))) return 0;
  const { default: PDFDocument } = await import('pdfkit');
  return await drawWith({ font: usableFont(certificate.font), logo: null }, async ({ font }) => {
    const fonts = new PaperFonts(new PDFDocument({ autoFirstPage: false }), font);
    for (const name of names) fonts.printable(name);
    return fonts.missing.size;
  });
}

/** What a person does so that characters are not missing any more. */
export function fontAdvice(session: Session): string {
  const { font } = session.settings().certificate;
  if (font === null) return 'Name a font that has them with certificate.font in quietus.yaml';
  if (usableFont(font) === null)
    return 'The file that certificate.font names in quietus.yaml cannot be used; name a TrueType or OpenType file of one font, no collection (.ttc)';
  return 'The font that certificate.font names in quietus.yaml lacks them too, or is damaged; name another';
}
