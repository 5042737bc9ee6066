import { inflateSync } from 'node:zlib';
import { DerError, type DetachedSignature, readDetachedSignature } from '../crypto/index.js';

/** Far above the JSON document of the largest certificate. */
const MAX_ATTACHMENT_BYTES = 256 * 1024 * 1024;

/** What a PDF carries, read as `renderCertificate` and `signPdf` write it; anything else is found to be missing. */
export interface ReadPdf {
  /** Null where there is exactly one signature and it covers all of the file; otherwise what is wrong, in words. */
  signatureProblem: string | null;
  /** Null where there is none that could be read. */
  signature: DetachedSignature | null;
  attachments: readonly { name: string; bytes: Buffer }[];
}

/** Reads the signature and the files inside a PDF. */
export function readPdf(bytes: Buffer): ReadPdf {
  const text = bytes.toString('latin1');
  return { ...signatureOf(bytes, text), attachments: attachmentsOf(bytes, text) };
}

function signatureOf(bytes: Buffer, text: string): Pick<ReadPdf, 'signature' | 'signatureProblem'> {
  const ranges = [...text.matchAll(/\/ByteRange \[(\d{1,12}) (\d{1,12}) (\d{1,12}) (\d{1,12})\]/g)];
  const [first] = ranges;
  if (first === undefined) return { signature: null, signatureProblem: 'The PDF carries no signature' };
  const [start = 0, length = 0, second = 0, rest = 0] = first.slice(1, 5).map(Number);
  const hole = text.slice(length, second);
  if (start !== 0 || second < length || second + rest > bytes.length || !/^<[0-9a-fA-F]+>$/.test(hole))
    return { signature: null, signatureProblem: 'The PDF does not say which of its bytes are signed' };
  const signed = Buffer.concat([bytes.subarray(0, length), bytes.subarray(second, second + rest)]);
  const problem = coverageProblem(bytes, text, ranges.length, second + rest);
  try {
    const found = readDetachedSignature(unpadded(Buffer.from(hole.slice(1, -1), 'hex')), signed);
    const at = signingTime(text.slice(0, first.index + hole.length + 4096), first.index);
    return { signature: { ...found, signedAt: found.signedAt ?? at }, signatureProblem: problem };
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    return { signature: null, signatureProblem: `The signature of the PDF cannot be read: ${error.message}` };
  }
}

/** What comes after the signed bytes was added by somebody else, whatever it is. */
function coverageProblem(bytes: Buffer, text: string, signatures: number, end: number): string | null {
  if (signatures > 1) return `The PDF carries ${signatures} signatures, and a certificate is signed once`;
  if (end < bytes.length || text.split('startxref').length > 2)
    return 'Something was appended to the PDF after it was signed';
  return null;
}

/** The structure without the zeros that fill its place up. */
function unpadded(der: Buffer): Buffer {
  const first = der[1] ?? 0;
  const size = first < 0x80 ? 0 : first & 0x7f;
  const length = size === 0 ? first : der.readUIntBE(2, Math.min(size, 4));
  const end = 2 + size + length;
  if (end > der.length || der.subarray(end).some((octet) => octet !== 0))
    throw new DerError('something else stands in its place');
  return der.subarray(0, end);
}

/** `/M` of the signature dictionary that the range stands in (ISO 32000-1, table 252). */
function signingTime(text: string, at: number): string | null {
  const end = text.indexOf('endobj', at);
  const found = /\/M \(D:(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z\)/.exec(
    text.slice(at, end < 0 ? undefined : end),
  );
  if (!found) return null;
  const [, year, month, day, hour, minute, second] = found;
  return `${year}-${month}-${day}T${hour}:${minute}:${second}Z`;
}

function attachmentsOf(bytes: Buffer, text: string): { name: string; bytes: Buffer }[] {
  const found: { name: string; bytes: Buffer }[] = [];
  for (const match of text.matchAll(
    /\/Type \/Filespec\n\/AFRelationship \/\w+\n\/F \(([\w.-]{1,80})\)\n\/EF <<\n\/F (\d{1,9}) 0 R\n/g,
  )) {
    const content = embedded(bytes, text, `${match[2]} 0 obj\n<<\n/Type /EmbeddedFile\n`);
    if (content !== null) found.push({ name: match[1] ?? '', bytes: content });
  }
  return found;
}

function embedded(bytes: Buffer, text: string, opening: string): Buffer | null {
  const start = text.indexOf(`\n${opening}`);
  const stream = text.indexOf('\nstream\n', start);
  const head = start < 0 || stream < 0 ? '' : text.slice(start, stream);
  const length = Number(/\/Length (\d{1,10})\n/.exec(head)?.[1] ?? NaN);
  if (!(length >= 0) || !head.includes('/Filter /FlateDecode')) return null;
  const from = stream + '\nstream\n'.length;
  try {
    return inflateSync(bytes.subarray(from, from + length), { maxOutputLength: MAX_ATTACHMENT_BYTES });
  } catch {
    return null;
  }
}
