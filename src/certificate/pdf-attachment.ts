import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';

/** A file inside the PDF. */
export interface Attachment {
  name: string;
  bytes: Uint8Array;
  /** MIME type. */
  type: string;
  description: string;
}

/** pdfkit's own parts that its declarations leave out. */
interface Internals {
  ref(data: object): { end(content?: Uint8Array): void };
  addNamedEmbeddedFile(name: string, file: unknown): void;
  _root: { data: { AF?: unknown[] } };
}

/**
 * Attaches a file as PDF/A-3 asks for it (ISO 19005-3, 6.8): an associated file, of which the document is made.
 * pdfkit's own way computes MD5 in JavaScript, which takes a second for the largest documents.
 */
export function attach(document: PDFKit.PDFDocument, file: Attachment, at: Date): void {
  const internals = document as unknown as Internals;
  const embedded = internals.ref({
    Type: 'EmbeddedFile',
    Params: {
      CreationDate: at,
      ModDate: at,
      CheckSum: createHash('md5').update(file.bytes).digest(),
      Size: file.bytes.length,
    },
    Subtype: file.type.replace('/', '#2F'),
    Filter: 'FlateDecode',
  });
  embedded.end(deflateSync(file.bytes));
  const specification = internals.ref({
    Type: 'Filespec',
    AFRelationship: 'Source',
    F: Object(file.name),
    EF: { F: embedded },
    UF: Object(file.name),
    Desc: Object(file.description),
  });
  specification.end();
  internals.addNamedEmbeddedFile(file.name, specification);
  internals._root.data.AF = [...(internals._root.data.AF ?? []), specification];
}
