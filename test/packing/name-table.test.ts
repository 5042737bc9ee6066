import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldedName } from '../../src/packing/entry-name.js';
import { NameTable } from '../../src/packing/name-table.js';

const names = fc.array(
  fc.oneof(
    // Names that meet: in case, normalization, or what is not seen.
    fc.array(fc.constantFrom('a', 'A', '\u00e9', 'e\u0301', 'E\u0301', '\u00df', 'ss', '\u200d', '/'), {
      minLength: 1,
      maxLength: 4,
    }),
    fc.array(fc.string({ unit: 'binary', maxLength: 6 }), { maxLength: 2 }),
  ),
  { maxLength: 400 },
);

describe('the table of names', () => {
  it('answers as a map of folded names would', () => {
    fc.assert(
      fc.property(names, (lists) => {
        const table = new NameTable();
        const known = new Map<string, { name: string; value: number }>();
        lists.forEach((parts, index) => {
          // A name on a disk holds no half of a pair.
          const name = Buffer.from(parts.join('')).toString();
          const there = known.get(foldedName(name));
          expect(table.get(name)).toBe(there && there.name === name ? there.value : undefined);
          expect(table.rival(name)).toBe(there && there.name !== name ? there.value : undefined);
          if (there && there.name !== name) return;
          table.set(name, index + 1);
          known.set(foldedName(name), { name, value: index + 1 });
        });
        expect(table.count).toBe(known.size);
        for (const { name, value } of known.values()) expect(table.get(name)).toBe(value);
      }),
    );
  });

  it('still has all of a hundred thousand names after it grew, with their spelling', () => {
    const table = new NameTable();
    const count = 100_000;
    for (let index = 1; index <= count; index += 1) table.set(`Folder/file ${index}`, index);
    expect(table.count).toBe(count);
    const numbers = Array.from({ length: count }, (_, index) => index + 1);
    expect(numbers.filter((index) => table.get(`Folder/file ${index}`) !== index)).toEqual([]);
    expect(numbers.filter((index) => table.rival(`folder/file ${index}`) !== index)).toEqual([]);
    expect(table.get('Folder/file 0')).toBeUndefined();
    expect(table.rival('Folder/file 0')).toBeUndefined();
  });
});
