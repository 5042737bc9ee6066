import { describe, expect, test } from 'vitest';
import {
  closest,
  editDistance,
  excerpt,
  formatProblems,
  readYaml,
  YAML_MAX_BYTES,
} from '../../src/workspace/index.js';

/** `LINE:COLUMN MESSAGE` of everything that is wrong with the syntax. */
function mistakes(text: string): string[] {
  const source = readYaml(text, 'file.yaml');
  source.map();
  return source.problems().map(({ line, column, message }) => `${line}:${column} ${message}`);
}

describe('YAML that a person wrote', () => {
  test.each([
    [
      'tabs',
      'a:\n\tb: 1\n\tc: 2\n',
      ['2:1 A tab is used for indentation', '3:1 A tab is used for indentation'],
    ],
    ['an anchor', 'a: &x 1\n', ['1:4 Anchors (&name) are not used in this file']],
    ['an alias', 'a: 1\nb: *a\n', ['2:4 Aliases (*name) are not used in this file']],
    ['a tag', 'a: !!str 1\n', ['1:4 Tags (!name) are not used in this file']],
    ['a tag of nobody', 'a: !secret 1\n', ['1:4 Tags (!name) are not used in this file']],
    ['a directive', '%YAML 1.1\n---\na: yes\n', ['1:1 Directives (%NAME) are not used in this file']],
    ['a second document', 'a: 1\n---\nb: 2\n', ['2:1 A second document begins here']],
    [
      'a key twice',
      'a: 1\nb: {c: 1, c: 2}\na: 3\n',
      ['2:11 The key `c` is already on line 2', '3:1 The key `a` is already on line 1'],
    ],
    ['a colon in a text', 'a: b: c\n', ['1:4 A value begins here that has a colon of its own']],
    [
      'a text that is not closed',
      'a: 1\nb: "x\nc: 1\n',
      ['2:4 The quotation mark that opens here is not closed'],
    ],
    ['a sign that begins no text', 'a: @x\n', ['1:4 Text cannot begin with this character']],
    ['a line without a colon', 'a: 1\nb\nc: 1\n', ['2:1 This is not a key with a value']],
    ['a control character', 'a: "x\u0007"\n', ['1:6 A control character is in the text']],
    ['a list as key', '? [a]\n: 1\n', ['1:3 A key must be plain text']],
    [
      'bytes that are no UTF-8',
      `a: ${Buffer.from([0x4d, 0xfc]).toString('utf8')}\n`,
      ['1:5 A character is not UTF-8'],
    ],
    ['UTF-16', Buffer.from('a: 1\n', 'utf16le').toString('utf8'), ['1:1 file.yaml is not UTF-8 text']],
  ])('with %s', (_name, text, expected) => {
    expect(mistakes(text)).toEqual(expected);
  });

  test('may have tabs where they mean nothing', () => {
    expect(mistakes('a: 1\t# remark\n\t# remark\n\t\nb: "x\ty"\n')).toEqual([]);
  });

  test('is bounded in size and depth', () => {
    expect(mistakes(`a: ${'x'.repeat(YAML_MAX_BYTES)}\n`)).toEqual([
      `1:1 file.yaml is larger than ${YAML_MAX_BYTES} bytes`,
    ]);
    expect(mistakes(`a: ${'é'.repeat(YAML_MAX_BYTES / 2)}\n`)[0]).toContain('larger than');
    for (const deep of ['['.repeat(500_000), '- '.repeat(500_000), '{a: '.repeat(100_000)]) {
      expect(mistakes(`a:\n  ${deep}\n`)).toEqual([
        expect.stringMatching(/^2:\d+ The nesting is deeper than 32 levels$/),
      ]);
    }
  });

  test('that breaks off is trusted up to the break', () => {
    const source = readYaml('a: 7\nb: [1,\nc: 8\n', 'file.yaml');
    const root = source.map();
    expect(root?.text('a')).toBe(undefined);
    expect(root?.text('missing')).toBe(undefined);
    const problems = source.problems();
    expect(problems.map(({ line }) => line)).toEqual([1, 3]);
    expect(problems.some(({ message }) => message.includes('missing'))).toBe(false);
  });

  test('does not call what every object has a key of it', () => {
    const source = readYaml('a: 1\n', 'file.yaml');
    expect(source.map()?.has('constructor')).toBe(false);
    expect(
      readYaml('__proto__: {x: 1}\n', 'file.yaml')
        .map()
        ?.map('__proto__')
        ?.integer('x', { minimum: 0, maximum: 9 }),
    ).toBe(1);
  });
});

describe('problems', () => {
  test('are printed as places that an editor can open', () => {
    const source = readYaml('limt: 1\nname: 7\n', 'quietus.yaml');
    const root = source.map();
    root?.text('name');
    root?.integer('limit', { minimum: 1, maximum: 9, optional: true });
    root?.refuseOtherKeys();
    expect(formatProblems('quietus.yaml', source.problems())).toBe(
      [
        'quietus.yaml has 2 mistakes',
        '  quietus.yaml:1:1  limt is not a known key',
        '      Did you mean limit?',
        '  quietus.yaml:2:7  name must be text, not a number',
        '      Put it in quotes: name: "7"',
      ].join('\n'),
    );
  });

  test('beyond a limit are counted', () => {
    const problem = { line: 1, column: 1, path: '', message: 'Wrong', hint: null };
    expect(formatProblems('f', [problem])).toBe('f has one mistake\n  f:1:1  Wrong');
    expect(
      formatProblems(
        'f',
        Array.from({ length: 60 }, () => problem),
      ).split('\n'),
    ).toHaveLength(52);
    expect(
      formatProblems(
        'f',
        Array.from({ length: 60 }, () => problem),
      ).endsWith('and 10 more'),
    ).toBe(true);
  });

  test('quote a word on one line', () => {
    expect(excerpt('a\nb"c')).toBe('`a\\nb\\"c`');
    expect(excerpt('x'.repeat(90))).toHaveLength(42);
  });
});

describe('a word that was meant', () => {
  test.each([
    ['cutoff', 'cut_off'],
    ['CUT-OFF', 'cut_off'],
    ['tilte', 'title'],
    ['retian', 'retain'],
    ['x', undefined],
    ['disposal', undefined],
    ['', undefined],
  ])('by %j is %j', (word, expected) => {
    expect(closest(word, ['title', 'retain', 'cut_off', 'disposition'])).toBe(expected);
  });

  test.each([
    ['', '', 0],
    ['abc', '', 3],
    ['kitten', 'sitting', 3],
    ['ab', 'ba', 1],
    ['ca', 'abc', 3],
    ['closed', 'closd', 1],
  ])('distance from %j to %j is %d', (a, b, expected) => {
    expect(editDistance(a, b)).toBe(expected);
    expect(editDistance(b, a)).toBe(expected);
  });
});
