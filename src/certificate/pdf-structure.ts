/** Types of structure (ISO 32000-1, 14.8.4) that certificates use. */
export type StructureType =
  | 'Document'
  | 'H1'
  | 'H2'
  | 'H3'
  | 'P'
  | 'Table'
  | 'TR'
  | 'TH'
  | 'TD'
  | 'Figure'
  | 'Form';

interface Reference {
  data: Record<string, unknown>;
  end(): void;
}

/** pdfkit's own parts that the structure is made of, and that its declarations leave out. */
interface Internals {
  page: { dictionary: Reference; structParentTreeKey: number };
  ref(data: object): Reference;
  getStructTreeRoot(): Reference;
  getStructParentTree(): { get(key: number): unknown[] };
}

interface Element {
  type: StructureType;
  ref: Reference;
  kids: unknown[];
}

/**
 * The structure of a document, for readers that read aloud: which text is a heading, a paragraph, a cell. Elements are
 * written as soon as they end, so that memory does not grow with the pages.
 */
export class DocumentStructure {
  readonly #document: Internals;
  readonly #open: Element[] = [];

  constructor(document: PDFKit.PDFDocument) {
    this.#document = document as unknown as Internals;
    const root = this.#document.getStructTreeRoot();
    const whole = this.#element('Document', root);
    root.data.K = [whole.ref];
    this.#open.push(whole);
  }

  /** The element that is open; null outside all of them. */
  get current(): object | null {
    return this.#open.length > 1 ? (this.#open.at(-1) ?? null) : null;
  }

  begin(type: StructureType, attributes: Record<string, unknown> = {}): void {
    const parent = this.#open.at(-1);
    if (parent === undefined) return;
    const element = this.#element(type, parent.ref, attributes);
    parent.kids.push(element.ref);
    this.#open.push(element);
  }

  end(): void {
    const element = this.#open.pop();
    if (element === undefined) return;
    element.ref.data.K = element.kids;
    element.ref.end();
  }

  /** @returns operator that begins content of the element that is open, on the page that is open */
  mark(): string {
    const element = this.#open.at(-1);
    if (element === undefined || this.current === null) return '/Artifact BMC';
    const { page } = this.#document;
    const parents = this.#document.getStructParentTree().get(page.structParentTreeKey);
    const mcid = parents.push(element.ref) - 1;
    element.ref.data.Pg ??= page.dictionary;
    const here = element.ref.data.Pg === page.dictionary;
    element.kids.push(here ? mcid : { Type: 'MCR', Pg: page.dictionary, MCID: mcid });
    return `/${element.type} <</MCID ${mcid}>> BDC`;
  }

  /** An annotation that belongs to the element that is open. */
  annotation(ref: unknown): void {
    this.#open.at(-1)?.kids.push({ Type: 'OBJR', Obj: ref, Pg: this.#document.page.dictionary });
  }

  #element(type: StructureType, parent: Reference, attributes: Record<string, unknown> = {}): Element {
    const ref = this.#document.ref({ Type: 'StructElem', S: type, P: parent, ...attributes });
    return { type, ref, kids: [] };
  }
}
