import type { OverwriteMethodId } from '../shred/index.js';

const METHODS = {
  random: 'overwrite-aes-ctr-1-pass',
  zero: 'overwrite-zero-1-pass',
  'dod-3': 'overwrite-dod-3-pass',
  'dod-7': 'overwrite-dod-7-pass',
  'gutmann-35': 'overwrite-gutmann-35-pass',
} as const satisfies Readonly<Record<string, OverwriteMethodId>>;

/** The method with this name; the default where none is given. */
export function methodNamed(name: string | undefined): OverwriteMethodId {
  return METHODS[(name ?? 'random') as keyof typeof METHODS];
}
