import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SortedNames } from '../../src/packing/sorted-names.js';

const name = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 8 })
  .map((text) => text.replaceAll('/', '_'));

it('names come back as one sort of all of them gives, as often as one asks, however many runs they make', () => {
  fc.assert(
    fc.property(fc.array(name, { maxLength: 60 }), fc.nat(3), (few, runs) => {
      // More than one run, of which names of the few are in each.
      const many = Array.from(
        { length: runs * 4096 },
        (_, index) => `${few[index % (few.length || 1)]}${index}`,
      );
      const names = [...many, ...few];
      const sorted = new SortedNames();
      for (const each of names) sorted.add(each);
      const expected = names.toSorted((one, other) => (one < other ? -1 : one > other ? 1 : 0));
      expect([...sorted.all()]).toEqual(expected);
      expect([...sorted.all()]).toEqual(expected);
    }),
    { numRuns: 40 },
  );
});
