import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import { displayWidth, printable, redacted, shellWord, table } from '../../src/cli/index.js';
import { editDistance, nearest } from '../../src/cli/suggestion.js';

describe('the width of text on a terminal', () => {
  test.each([
    ['abc', 3],
    ['é', 1],
    ['e\u0301', 1],
    ['日本語', 6],
    ['한국어', 6],
    ['ｆｕｌｌ', 8],
    ['👍🏽', 2],
    ['👨‍👩‍👧', 2],
    ['🇺🇸', 2],
    ['', 0],
  ])('%s takes %i columns', (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });

  // The oracle is the string-width package, over letters and marks of every script that a name can have.
  test('agrees with string-width on every letter', () => {
    const differing: string[] = [];
    for (let code = 0x20; code <= 0x3ffff; code += 1) {
      const character = String.fromCodePoint(code);
      if (!/^[\p{L}\p{N}\p{P}\p{Sm}\p{Sc}]$/u.test(character)) continue;
      if (displayWidth(character) !== stringWidth(character)) differing.push(code.toString(16));
    }
    expect(differing).toEqual([]);
  });
});

describe('printable text', () => {
  test('never holds a control character, a lone surrogate or a change of direction', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(printable(text)).not.toMatch(/[\p{Cc}\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u);
      }),
    );
  });

  test('is the text itself where nothing is wrong with it', () => {
    for (const text of ['Jane Müller', '東京', 'e\u0301', '👩‍⚕️', 'C:\\x', "it's"])
      expect(printable(text)).toBe(text);
  });
});

describe('a table', () => {
  test('lines up wide characters, and cuts only to the width that is asked for', () => {
    const rows = [
      { name: '日本語の長い題名', n: 1 },
      { name: 'short', n: 22 },
    ];
    const columns = [
      { head: 'NAME', value: (row: { name: string }) => row.name },
      { head: 'N', value: (row: { n: number }) => row.n, align: 'right' as const },
    ];
    expect(table(rows, columns).split('\n')).toEqual([
      'NAME               N',
      '日本語の長い題名   1',
      'short             22',
    ]);
    const narrow = table(rows, columns, { width: 14 }).split('\n');
    expect(narrow).toEqual(['NAME         N', '日本語の…    1', 'short       22']);
    for (const line of narrow) expect(stringWidth(line)).toBeLessThanOrEqual(14);
  });

  test('fits any width that its narrowest columns allow', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ a: fc.string({ unit: 'grapheme' }), b: fc.string() })),
        fc.integer({ min: 14, max: 60 }),
        (rows, width) => {
          const columns = [
            { head: 'A', value: (row: { a: string }) => row.a },
            { head: 'B', value: (row: { b: string }) => row.b },
          ];
          for (const line of table(rows, columns, { width }).split('\n'))
            expect(displayWidth(line)).toBeLessThanOrEqual(width);
        },
      ),
    );
  });
});

describe('what is told with --json', () => {
  test('hides paths and free text of the command line, but keeps ids, counts and dates', () => {
    const argv = [
      'sweep',
      'show',
      'plan-2026-11-22-a1b2c3',
      '/data/smith.csv',
      '--title',
      'Jane Smith',
      '--limit=5000',
      '--as-of',
      '2026-11-22',
    ];
    const told = {
      message: 'plan-2026-11-22-a1b2c3 in /data/smith.csv (smith.csv:3) of Jane Smith, 5000 on 2026-11-22',
      list: ['/data/smith.csv.bak'],
      count: 3,
    };
    expect(redacted(told, argv)).toEqual({
      message:
        'plan-2026-11-22-a1b2c3 in <argument> (<argument>:3) of <value of --title>, 5000 on 2026-11-22',
      list: ['<argument>.bak'],
      count: 3,
    });
  });
});

describe('suggestions', () => {
  test('the distance is a metric, and swapped neighbours count once', () => {
    expect(editDistance('schedule', 'schedule')).toBe(0);
    expect(editDistance('chekc', 'check')).toBe(1);
    expect(editDistance('', 'abc')).toBe(3);
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
        expect(editDistance(a, b) === 0).toBe(a === b);
      }),
    );
  });

  test('nothing far away is suggested', () => {
    expect(nearest('docotr', ['doctor', 'demo'])).toBe('doctor');
    expect(nearest('xyzzy', ['doctor', 'demo'])).toBeUndefined();
  });
});

test('a word for a shell comes back from the shell as it was', async () => {
  const { execFileSync } = await import('node:child_process');
  for (const word of ["O'Hara box", 'plan-1', '$(id)', 'a"b', '', '*', 'new\nline', '--x', '~']) {
    expect(execFileSync('sh', ['-c', `printf %s ${shellWord(word)}`], { encoding: 'utf8' })).toBe(word);
  }
});
