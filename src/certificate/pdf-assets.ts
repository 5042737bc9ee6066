import { readFileSync } from 'node:fs';

const MAX_LOGO_BYTES = 2 * 1024 * 1024;
/** The largest fonts of Chinese, Japanese and Korean have some 20 MB. */
const MAX_FONT_BYTES = 64 * 1024 * 1024;

/** PNG (ISO/IEC 15948) and JPEG (ISO/IEC 10918-1). */
const PICTURES = ['89504e470d0a1a0a', 'ffd8ff'];
/** TrueType, OpenType with CFF, and what Apple wrote. Collections hold several fonts and cannot be named by a path alone. */
const FONTS = ['00010000', '4f54544f', '74727565'];

/** The organization's logo, as the settings name it. @returns null where there is none, or it cannot be used */
export function usableLogo(path: string | null): Buffer | null {
  return usable(path, MAX_LOGO_BYTES, PICTURES);
}

/** A font for characters that the others lack. @returns null where there is none, or it cannot be used */
export function usableFont(path: string | null): Buffer | null {
  return usable(path, MAX_FONT_BYTES, FONTS);
}

/** Content of the files that the settings name for PDFs; null for none. */
export interface PdfAssets {
  /** TrueType or OpenType, for characters that the fonts of this program lack. */
  font: Buffer | null;
  /** The organization's logo, PNG or JPEG. */
  logo: Buffer | null;
}

/**
 * Draws with the font and the logo, and without one or both where they break the drawing: that a file is damaged behind
 * its beginning is found only when it is used, and what was destroyed has to be certified all the same.
 *
 * @throws what `draw` throws where it has neither
 */
export async function drawWith<T>(assets: PdfAssets, draw: (assets: PdfAssets) => Promise<T>): Promise<T> {
  for (const some of [assets, { ...assets, logo: null }, { ...assets, font: null }]) {
    if (some.font === null && some.logo === null) continue;
    try {
      return await draw(some);
    } catch {
      // With less, then.
    }
  }
  return await draw({ font: null, logo: null });
}

function usable(path: string | null, limit: number, beginnings: readonly string[]): Buffer | null {
  if (path === null) return null;
  try {
    const bytes = readFileSync(path);
    const begins = bytes.subarray(0, 8).toString('hex');
    return bytes.length <= limit && beginnings.some((each) => begins.startsWith(each)) ? bytes : null;
  } catch {
    return null;
  }
}
