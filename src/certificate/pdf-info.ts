import type { CertificateDocument } from './certificate-format.js';

const NUMBER_KEY = 'QuietusCertificate';
const DIGEST_KEY = 'QuietusJsonSha256';

/** Which certificate a PDF says it is. Anybody can write this; only the recorded digest of the PDF proves it. */
export interface PdfClaim {
  number: string;
  jsonSha256: string;
}

/** The Info dictionary; the date is the document's, so that rendering twice gives the same bytes. */
export function infoOf(document: CertificateDocument, jsonSha256: string): PDFKit.DocumentInfo {
  const tool = `${document.tool.name} ${document.tool.version}`;
  const claims: Record<string, string> = { [NUMBER_KEY]: document.number, [DIGEST_KEY]: jsonSha256 };
  return {
    Title: `Certificate of Destruction ${document.number}`,
    Subject: 'Destruction of records that hold personal information, M.G.L. c. 93I, section 2',
    Keywords: `certificate ${document.number}, sha256 ${jsonSha256}`,
    Creator: tool,
    Producer: `${tool} with PDFKit`,
    CreationDate: new Date(document.issued_at),
    ...claims,
  };
}

/**
 * Finds the number and the digest in the Info dictionary that the last trailer names.
 *
 * @returns undefined where the file is not a certificate's PDF
 */
export function readPdfClaim(bytes: Buffer): PdfClaim | undefined {
  if (bytes.subarray(0, 5).toString('latin1') !== '%PDF-') return undefined;
  const text = bytes.toString('latin1');
  const trailer = text.slice(text.lastIndexOf('trailer'));
  const reference = /\/Info (\d+) (\d+) R/.exec(trailer);
  if (!reference) return undefined;
  const dictionary = object(text, `${reference[1]} ${reference[2]}`);
  const number = NUMBER.exec(value(text, dictionary, NUMBER_KEY))?.[1];
  const jsonSha256 = DIGEST.exec(value(text, dictionary, DIGEST_KEY))?.[1];
  return number === undefined || jsonSha256 === undefined ? undefined : { number, jsonSha256 };
}

const NUMBER = /^\((\d{4}-\d{4,9})\)$/;
const DIGEST = /^\(([0-9a-f]{64})\)$/;

/** The body of the last object with this number and generation. */
function object(text: string, id: string): string {
  const start = text.lastIndexOf(`\n${id} obj\n`);
  return start < 0 ? '' : text.slice(start + id.length + 6, text.indexOf('\nendobj', start));
}

/** What stands in a dictionary under a key: in it, or in the object that it refers to. */
function value(text: string, dictionary: string, key: string): string {
  const found = new RegExp(`^/${key} (.+)$`, 'm').exec(dictionary)?.[1] ?? '';
  const reference = /^(\d+ \d+) R$/.exec(found);
  return reference ? object(text, reference[1] ?? '') : found;
}
