/** What holds the record. `archive`: an encrypted file, which its location names by id and which ends with its key. */
export const MEDIA = [
  'file',
  'folder',
  'removable',
  'device',
  'paper',
  'database',
  'archive',
  'other',
] as const;
export type Medium = (typeof MEDIA)[number];

/** Media that this program can overwrite by itself; all others are destroyed by people and recorded. */
export function isOverwritable(medium: Medium): medium is 'file' | 'folder' {
  return medium === 'file' || medium === 'folder';
}

/** The clause of M.G.L. c. 93I § 2 that governs the medium: (a) paper, (b) electronic and other non-paper media. */
export function disposalClause(medium: Medium): 'a' | 'b' {
  return medium === 'paper' ? 'a' : 'b';
}
