import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject } from 'vitest';
import { quietus } from './harness.js';

/** What was made, by how. */
const kept = new Map<unknown, string>();

/**
 * Fills a folder with what a test needs and is not about: with `make` the first time, and from then on with a copy of
 * what it had made, owners and permissions included. Copies are the same workspace with the same keys; a test that is
 * about two workspaces makes the second one itself.
 *
 * @param how the same for all that is made in the same way
 */
export async function madeOnce(folder: string, how: unknown, make: () => Promise<void>): Promise<void> {
  const source = kept.get(how);
  if (source !== undefined) return copy(source, folder);
  await make();
  const place = mkdtempSync(join(inject('lasting'), 'made-'));
  copy(folder, place);
  kept.set(how, place);
}

/** By cp, which keeps the owners. */
function copy(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  execFileSync('cp', ['-a', `${from}/.`, to]);
}

/** A workspace of this account, as `quietus init` makes it with these words. */
export async function initialized(root: string, words: readonly string[]): Promise<void> {
  await madeOnce(root, words.join(' '), async () => {
    const made = await quietus(['init', root, ...words]);
    expect(made.status, made.stderr).toBe(0);
  });
}
