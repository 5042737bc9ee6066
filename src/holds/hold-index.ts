/** Ids of holds by what they name. */
export type HoldIndex = ReadonlyMap<string, readonly string[]>;

export function indexHolds(
  entries: readonly [string, string][],
  keyOf: (value: string) => string,
): HoldIndex {
  const result = new Map<string, string[]>();
  for (const [value, id] of entries) {
    const key = keyOf(value);
    const known = result.get(key);
    if (known) known.push(id);
    else result.set(key, [id]);
  }
  return result;
}

export function addAll(found: Set<string>, ids: readonly string[] | undefined): void {
  if (ids) for (const id of ids) found.add(id);
}

export function byCodeUnits(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/**
 * A name as holds compare it: without case, `ß` as `ss`, and with every run of spaces as one. By upper case, which tells no
 * two forms of a letter apart by where they stand, of lower case, which unites what upper case alone would not (`ẞ`).
 */
export function foldedName(text: string): string {
  const line = text.normalize('NFC').trim().replaceAll(/\s+/g, ' ');
  return line.toLowerCase().toUpperCase().normalize('NFC');
}
