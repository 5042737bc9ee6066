import { describe, expect, it } from 'vitest';
import { foldedName, nameProblem } from '../../src/packing/entry-name.js';
import { mustRun } from '../crypto/tools.js';

/** Full case folding of Unicode over NFD, without what file systems pass over, as Perl has it; one line for each character. */
const PERL = `use feature 'fc'; use Unicode::Normalize; binmode STDOUT, ':utf8';
  for my $code (0x20 .. 0xd7ff, 0xe000 .. 0xfdcf, 0xfdf0 .. 0xfffd, 0x10000 .. 0x1fffd) {
    my $folded = NFD(fc(NFD(chr $code)));
    $folded =~ s/\\p{Default_Ignorable_Code_Point}//g;
    printf "%x %s\n", $code, join ',', map { sprintf '%x', ord } split //, $folded;
  }`;

describe('the folded name', () => {
  it('is the same for all that a file system takes for the same by case, NFC and NFD', (context) => {
    const lines = mustRun(context, 'perl', ['-e', PERL.replaceAll('\\\\', '\\')])
      .toString()
      .trimEnd()
      .split('\n');
    expect(lines.length).toBeGreaterThan(100_000);
    const first = new Map<string, string>();
    const told: string[] = [];
    for (const line of lines) {
      const [code = '', folded = ''] = line.split(' ');
      const character = String.fromCodePoint(Number.parseInt(code, 16));
      const known = first.get(folded);
      if (known === undefined) first.set(folded, character);
      else if (foldedName(`a${known}b`) !== foldedName(`a${character}b`)) told.push(code);
    }
    expect(told).toEqual([]);
  });

  it('passes over what HFS+ and ext4 with casefold pass over', () => {
    expect(foldedName('li\u200dnk')).toBe('link');
    expect(foldedName('LIN\u00adK')).toBe('link');
  });
});

describe('names that are special elsewhere', () => {
  it.skipIf(process.platform === 'win32')('are plain names here, and the others are refused', () => {
    for (const name of ['CON', 'nul.txt', 'com1/lpt9', 'a.', 'a ', 'a<b>|?*"', '~', '-rf', '$HOME', '%TEMP%'])
      expect(nameProblem(name), name).toBeNull();
    for (const name of ['a\\b', '..\\b', '\\\\host\\share', 'c:', 'a/c:x', '..', 'a/..'])
      expect(nameProblem(name), name).not.toBeNull();
  });
});
