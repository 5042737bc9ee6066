const MAX_PART_BYTES = 255;
const MAX_PATH_BYTES = 4096;
/** Names of which nothing more than their length needs a look: most. */
const PLAIN = /^[\w-][\w.-]*(?:\/[\w-][\w.-]*)*$/;
const ASCII = /^[\x20-\x7e]*$/;
/** Control characters, line separators, and those that turn the direction of text, with which a name lies about itself. */
const CONTROL = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;
const WINDOWS_FORBIDDEN = /[<>:"|?*]|[. ]$|^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

/**
 * Why a path may not stand in a pack, the same for whoever packs and whoever extracts.
 *
 * @param path with `/` between its parts, and none at its end
 * @returns the rest of a sentence that begins with the name, or null where it may
 */
export function nameProblem(path: string): string | null {
  if (path.length <= MAX_PART_BYTES && PLAIN.test(path) && process.platform !== 'win32') return null;
  if (path === '') return 'is empty';
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) return `is longer than ${MAX_PATH_BYTES} bytes`;
  if (path.startsWith('/')) return 'is absolute';
  if (path.includes('\\')) return 'holds a backslash, which separates folders elsewhere';
  if (/\ufffd|\p{Surrogate}/u.test(path)) return 'is not valid UTF-8';
  if (CONTROL.test(path)) return 'holds control characters';
  for (const part of path.split('/')) {
    if (part === '' || part === '.' || part === '..') return 'has a part that is empty, . or ..';
    if (Buffer.byteLength(part) > MAX_PART_BYTES) return `has a part of more than ${MAX_PART_BYTES} bytes`;
    if (/^[a-z]:/i.test(part)) return 'has a drive letter';
    if (process.platform === 'win32' && WINDOWS_FORBIDDEN.test(part)) return 'is not possible on Windows';
  }
  return null;
}

/** What HFS+, and ext4 with casefold, pass over when they compare names: joiners, soft hyphens, variation selectors. */
const PASSED_OVER = /\p{Default_Ignorable_Code_Point}/gu;

/**
 * Two names with the same key cannot lie in one folder everywhere: they differ in case, normalization or invisible
 * characters only. At least what Unicode's full case folding makes the same is the same.
 */
export function foldedName(path: string): string {
  if (ASCII.test(path)) return path.toLowerCase();
  const visible = path.normalize('NFD').replace(PASSED_OVER, '');
  // To lower case first: the capital sharp s has no upper case of its own, the small one has two letters.
  return visible.toLowerCase().toUpperCase().toLowerCase().normalize('NFC');
}
