import type { RecordClass } from '../model/index.js';
import type { CertifiedItemFacts } from './certificate-facts.js';

/**
 * What a certificate says of the record classes of an item: first the class that kept it longest, whose authority is the one
 * for its retention period, then all others with theirs. Where it is not known which class kept it, no authority is
 * claimed for the period.
 *
 * @param classes all of the item's
 */
export function certifiedClasses(
  classes: readonly RecordClass[],
  keeping: RecordClass | undefined,
): Pick<CertifiedItemFacts, 'recordClass' | 'classTitle' | 'authority' | 'otherClasses'> {
  const others = classes.filter((each) => each !== keeping);
  return {
    recordClass: keeping?.id ?? null,
    classTitle: keeping?.title ?? null,
    authority: keeping?.authority ?? null,
    otherClasses: others.map(({ id, title, authority }) => ({
      recordClass: id,
      classTitle: title,
      authority,
    })),
  };
}
