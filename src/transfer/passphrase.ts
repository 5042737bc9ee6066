import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { sha256 } from '../crypto/index.js';

/** Words of a passphrase: 129 bits, so that even a weak key derivation does not matter. */
const WORDS = 10;
/** SHA-256 of the list as the EFF published it. */
const LIST_SHA256 = 'addd35536511597a02fa0a9ff1e5284677b8883b83e986e43f15a3db996b903e';
const LINE = /^[1-6]{5}\t([a-z-]+)$/;

/** The EFF long word list, 7,776 words; src/transfer/wordlist/README.md says where it comes from. */
function wordList(): string[] {
  const root = dirname(createRequire(import.meta.url).resolve('quietus/package.json'));
  const text = readFileSync(join(root, 'src', 'transfer', 'wordlist', 'eff_large_wordlist.txt'), 'utf8');
  if (sha256(text) !== LIST_SHA256) throw new Error('the word list was changed');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => LINE.exec(line)?.[1] ?? '');
}

/** A new passphrase: ten words of the EFF long list, chosen by the operating system's random numbers. */
export function generatePassphrase(): string {
  const words = wordList();
  return Array.from({ length: WORDS }, () => words[randomInt(words.length)]).join('-');
}

/**
 * The ways in which somebody may have typed a passphrase that was read out: as it is, and as this program writes it.
 */
export function spellings(passphrase: string): string[] {
  const words = passphrase
    .trim()
    .toLowerCase()
    .split(/[\s-]+/);
  const ours = words.length >= WORDS && words.every((word) => /^[a-z]+$/.test(word)) ? [words.join('-')] : [];
  return [...new Set([passphrase, ...ours])];
}
