import { type DerElement, DerError, oidText, readAll, Tag } from '../der.js';

/** The element, which must be there and have the tag. @throws DerError */
export function expectTag(element: DerElement | undefined, tag: number): DerElement {
  if (element?.tag !== tag) throw new DerError('an element is missing or of another type');
  return element;
}

/** What a constructed element holds. @throws DerError */
export function partsOf(element: DerElement | undefined, tag: number = Tag.sequence): DerElement[] {
  return readAll(expectTag(element, tag).content);
}

/** Dotted form of an object identifier, which must be there. @throws DerError */
export function oidOf(element: DerElement | undefined): string {
  return oidText(expectTag(element, Tag.oid));
}
