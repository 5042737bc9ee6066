import { COLOR } from './pdf-style.js';

/** What the visible signature says, and what its dictionary says to programs. */
export interface SignatureField {
  signer: string;
  reason: string;
  /** Of signing; to the second. */
  at: Date;
  lines: readonly { text: string; size: number }[];
}

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** What @signpdf/signpdf looks for, and replaces by numbers of the same length. */
const BYTE_RANGE = [0, '**********', '**********', '**********'];
const PADDING = 8;
/** Room for the signature with its chain and a timestamp; more than three certificates and a token need. */
const SIGNATURE_BYTES = 24 * 1024;

interface Reference {
  write(content: string): void;
  end(): void;
}

/** pdfkit's own parts that a signature field is made of, and that its declarations leave out. */
interface Internals {
  ref(data: object): Reference;
  _root: { data: { AcroForm: { data: Record<string, unknown> } } };
  _font: { id: string; ref(): unknown; encode(text: string): [string[], unknown] };
  page: { annotations: unknown[] };
}

/**
 * A signature field with its visible appearance, and the empty place for the signature (ISO 32000-1, 12.7.4.5 and
 * 12.8.1). The font that is set draws it.
 *
 * @returns the annotation
 */
export function addSignatureField(document: PDFKit.PDFDocument, box: Box, field: SignatureField): unknown {
  const internals = document as unknown as Internals;
  const { _root: root, page } = internals;
  const signature = internals.ref({
    Type: 'Sig',
    Filter: 'Adobe.PPKLite',
    SubFilter: 'ETSI.CAdES.detached',
    ByteRange: BYTE_RANGE,
    Contents: Buffer.alloc(SIGNATURE_BYTES),
    Name: text(field.signer),
    Reason: text(field.reason),
    M: field.at,
  });
  signature.end();
  const appearance = appearanceOf(document, box, field);
  const bottom = document.page.height - box.y - box.height;
  const widget = internals.ref({
    Type: 'Annot',
    Subtype: 'Widget',
    FT: 'Sig',
    T: text('Signature'),
    TU: text(`Signature of ${field.signer}`),
    // Printed, and not to be moved.
    F: 132,
    Rect: [box.x, bottom, box.x + box.width, bottom + box.height],
    V: signature,
    AP: { N: appearance },
    P: document.page.dictionary,
  });
  page.annotations.push(widget);
  widget.end();
  document.initForm();
  const form = root.data.AcroForm.data;
  form.Fields = [widget];
  // There are signatures, and a change must be appended (ISO 32000-1, table 219).
  form.SigFlags = 3;
  // The appearance is there; a program that made its own would change what was signed.
  delete form.NeedAppearances;
  return widget;
}

function text(value: string): unknown {
  // pdfkit writes a String object as a text string, and a plain one as a name.
  return Object(value);
}

function appearanceOf(document: PDFKit.PDFDocument, box: Box, field: SignatureField): unknown {
  const internals = document as unknown as Internals;
  const { _font: font } = internals;
  const form = internals.ref({
    Type: 'XObject',
    Subtype: 'Form',
    BBox: [0, 0, box.width, box.height],
    Resources: { Font: { [font.id]: font.ref() } },
  });
  const [red, green, blue] = rgb(COLOR.accent);
  form.write(`${red} ${green} ${blue} RG 0.8 w 0.4 0.4 ${box.width - 0.8} ${box.height - 0.8} re S`);
  let y = box.height - PADDING;
  for (const { text: line, size } of field.lines) {
    y -= size;
    form.write(
      `BT /${font.id} ${size} Tf ${red} ${green} ${blue} rg ${PADDING} ${y} Td <${font.encode(line)[0].join('')}> Tj ET`,
    );
    y -= 3;
  }
  form.end();
  return form;
}

function rgb(color: string): string[] {
  return [1, 3, 5].map((at) => (Number.parseInt(color.slice(at, at + 2), 16) / 255).toFixed(3));
}
