import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { generatePassphrase, spellings } from '../../src/transfer/passphrase.js';

const LIST = join(import.meta.dirname, '..', '..', 'src', 'transfer', 'wordlist', 'eff_large_wordlist.txt');
/** Of the file as the EFF publishes it, as several independent projects pin it. */
const PUBLISHED = 'addd35536511597a02fa0a9ff1e5284677b8883b83e986e43f15a3db996b903e';

const text = readFileSync(LIST, 'utf8');
const words = text
  .trimEnd()
  .split('\n')
  .map((line) => line.split('\t')[1] ?? '');

test('the list is that of the EFF, with 7,776 different words', () => {
  expect(createHash('sha256').update(text).digest('hex')).toBe(PUBLISHED);
  expect(new Set(words).size).toBe(6 ** 5);
});

test('a passphrase is ten words of the list, another one each time, and any word can come', () => {
  const seen = new Set<string>();
  const known = new Set(words);
  const made = new Set<string>();
  for (let count = 0; count < 200; count += 1) {
    const passphrase = generatePassphrase();
    made.add(passphrase);
    expect(passphrase.length).toBeLessThanOrEqual(99);
    for (const word of wordsOf(passphrase, known)) seen.add(word);
  }
  expect(made.size).toBe(200);
  // 2,000 draws of 7,776: 1,763 different ones are expected, fewer than 1,600 never seen.
  expect(seen.size).toBeGreaterThan(1600);
});

/** Four words of the list have a hyphen in them. */
function wordsOf(passphrase: string, known: ReadonlySet<string>): string[] {
  const parts = passphrase.split('-');
  const found: string[] = [];
  for (let at = 0; at < parts.length; at += 1) {
    const pair = `${parts[at]}-${parts[at + 1]}`;
    if (known.has(pair)) {
      found.push(pair);
      at += 1;
    } else found.push(parts[at] ?? '');
  }
  expect(
    found.every((word) => known.has(word)),
    passphrase,
  ).toBe(true);
  expect(found).toHaveLength(10);
  return found;
}

test('a passphrase is taken as it was typed, and as it was meant', () => {
  const ours = 'one-two-three-four-five-six-seven-eight-nine-ten';
  expect(spellings(' One two three four five six seven eight nine ten ')).toContain(ours);
  expect(spellings(ours)).toEqual([ours]);
  expect(spellings('Tr0ub4dor & 3')).toEqual(['Tr0ub4dor & 3']);
});
