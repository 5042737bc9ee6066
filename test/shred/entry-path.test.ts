import { assert, property, string, uint8Array } from 'fast-check';
import { expect, it } from 'vitest';
import { entryPathBytes, entryPathText } from '../../src/shred/index.js';

const PATH = uint8Array({ min: 1, max: 255, minLength: 1, maxLength: 40 }).map((bytes) => Buffer.from(bytes));

it('gives every byte sequence back', () => {
  assert(
    property(PATH, (bytes) => {
      expect(entryPathBytes(entryPathText(bytes))).toEqual(bytes);
    }),
  );
  assert(
    property(string({ unit: 'binary', minLength: 1 }), (text) => {
      const bytes = Buffer.from(text, 'utf8');
      expect(entryPathBytes(entryPathText(bytes))).toEqual(bytes);
    }),
  );
});

it('writes text that holds no control character and survives UTF-8', () => {
  assert(
    property(PATH, (bytes) => {
      const text = entryPathText(bytes);
      expect(text).not.toMatch(/\p{Cc}/u);
      expect(Buffer.from(text, 'utf8').toString('utf8')).toBe(text);
    }),
  );
});

it('leaves ordinary names as they are', () => {
  expect(entryPathText(Buffer.from('Löhne 2024/März.csv'))).toBe('Löhne 2024/März.csv');
  expect(entryPathText(Buffer.from('100%'))).toBe('100%25');
});
