import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EntryScanner } from '../../src/audit/entry-scan.js';
import { parseLogEntry } from '../../src/audit/index.js';
import { canonicalJson } from '../../src/crypto/index.js';

const scanner = new EntryScanner();
const scan = (text: string) => {
  const bytes = Buffer.from(text, 'utf8');
  return scanner.scan(bytes, 0, bytes.length);
};

const ENTRY = {
  action: 'hold.place',
  command: 'hold place',
  data: { codes: [1, -2, 'x', { a: null, b: true }], none: {}, nothing: [], text: 'été "\\\n\u0001' },
  elapsed_ms: 12,
  format: 'quietus-log/1',
  host: 'host-1',
  operator: 'jdoe',
  outcome: 'done',
  prev: '0'.repeat(64),
  seq: 5,
  subject: { hold: 'H-2026-0001' },
  time: '2026-01-02T03:04:05.678Z',
  workspace: '0f0e0d0c-0b0a-4908-8706-050403020100',
};

const value = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: 'binary' }).filter((text) => !/\p{Cs}/u.test(text)),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.string({ maxLength: 4 }), tie('value'), { maxKeys: 4 }),
  ),
})).value;

describe('the fast check of an entry', () => {
  it('accepts an entry as it is appended, with and without what may be missing', () => {
    const { elapsed_ms: _, ...without } = ENTRY;
    const named = { ...ENTRY, checkpoint: { number: 3, sha256: 'a'.repeat(64) } };
    for (const entry of [ENTRY, without, named]) {
      expect(scan(canonicalJson(entry))).toBe(true);
      expect(scanner.hasCheckpoint).toBe(entry === named);
      expect(parseLogEntry(canonicalJson(entry))).toEqual(entry);
    }
  });

  it('accepts nothing that the careful check refuses, whatever the data, and is right about plain data', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ maxLength: 6 }), value, { maxKeys: 4 }), (data) => {
        const text = canonicalJson({ ...ENTRY, data });
        if (scan(text)) expect(parseLogEntry(text)).not.toBe(null);
        else expect(JSON.stringify(data)).toMatch(/[.eE]|\d{16}|"[^"]*[^\x20-\x7e][^"]*":|\\.*":/);
      }),
      { numRuns: 400 },
    );
  });

  it('accepts nothing that the careful check refuses, however the bytes are changed', () => {
    const text = canonicalJson(ENTRY);
    const character = fc.constantFrom(...Array.from('{}[]",:\\/u0019-+.eEtfn \n\té\u0000'));
    const edit = fc.tuple(
      fc.nat({ max: text.length }),
      fc.nat({ max: 2 }),
      fc.oneof(character, fc.constant('')),
    );
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
        let changed = text;
        for (const [at, removed, inserted] of edits)
          changed = changed.slice(0, at) + inserted + changed.slice(at + removed);
        if (scan(changed)) expect(parseLogEntry(changed)).not.toBe(null);
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    ['a space', (text: string) => text.replace(',"data"', ', "data"')],
    ['members in another order', () => JSON.stringify({ ...ENTRY, action: undefined, zzz: 1, outcome: 'x' })],
    ['a member twice', (text: string) => text.replace('"seq":5', '"seq":5,"seq":5')],
    [
      'keys of data in another order',
      (text: string) => text.replace('"none":{},"nothing":[]', '"nothing":[],"none":{}'),
    ],
    ['a key of data twice', (text: string) => text.replace('"none":{}', '"none":{},"none":{}')],
    ['a leading zero', (text: string) => text.replace('"seq":5', '"seq":05')],
    ['a number with a fraction of zero', (text: string) => text.replace('"seq":5', '"seq":5.0')],
    ['an exponent', (text: string) => text.replace('"seq":5', '"seq":5e0')],
    ['minus zero', (text: string) => text.replace('-2', '-0')],
    ['an escape that is not needed', (text: string) => text.replace('été', '\\u00e9t\\u00e9')],
    ['an escaped slash', (text: string) => text.replace('été', '\\/')],
    ['upper-case hex', (text: string) => text.replace('\\u0001', '\\u001F')],
    ['a long escape where a short one is', (text: string) => text.replace('\\n', '\\u000a')],
    ['a raw control character', (text: string) => text.replace('été', '\u0001')],
    ['text after it', (text: string) => `${text} `],
    ['another format', (text: string) => text.replace('quietus-log/1', 'quietus-log/2')],
  ])('refuses %s', (_, change) => {
    const text = canonicalJson(ENTRY);
    expect(change(text)).not.toBe(text);
    expect(scan(change(text))).toBe(false);
    expect(parseLogEntry(change(text))).toBe(null);
  });
});
