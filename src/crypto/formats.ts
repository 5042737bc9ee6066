import type { EncryptionFormat, FormatId } from './encryption-format.js';

/** Every format by its name, loaded when it is first asked for. In the order in which files are tried. */
const FORMATS = {
  age: async () => (await import('./age/age-format.js')).ageFormat,
  cms: async () => (await import('./cms/cms-format.js')).cmsFormat,
  zip: async () => (await import('./zip/zip-format.js')).zipFormat,
  html: async () => (await import('./html/html-format.js')).htmlFormat,
} satisfies Record<FormatId, () => Promise<EncryptionFormat>>;

/** The format of that name. */
export function formatOf(id: FormatId): Promise<EncryptionFormat> {
  return FORMATS[id]();
}

/**
 * Which format a file is in, by how it begins; nothing is said of the rest of it.
 *
 * @param start at least its first 4,096 bytes, fewer only where it is shorter
 * @returns null where it is in none of them
 */
export async function recognize(start: Uint8Array): Promise<EncryptionFormat | null> {
  for (const load of Object.values(FORMATS)) {
    const format = await load();
    if (format.recognizes(start)) return format;
  }
  return null;
}
