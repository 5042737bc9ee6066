import { createHash } from 'node:crypto';

const WIDTH = 340;
const HEIGHT = 440;
const PAPER = 236;
const INK = 40;

/**
 * A grey page with marks where text would be, as a portable graymap (PGM, P5): about the size of a scan at low
 * resolution, and readable by any image viewer. The text itself is in the header's comments.
 *
 * @param texts lines of ASCII
 * @param seed makes pages differ
 */
export function scannedPage(texts: readonly string[], seed: number): Buffer {
  const comments = texts.map((text) => `# ${text}\n`).join('');
  const header = Buffer.from(`P5\n${comments}${WIDTH} ${HEIGHT}\n255\n`, 'latin1');
  const pixels = Buffer.alloc(WIDTH * HEIGHT, PAPER);
  const marks = createHash('sha256')
    .update(`${seed}/${texts.join('/')}`)
    .digest();
  for (const [row, mark] of marks.entries()) {
    const top = 30 + row * 12;
    for (let y = top; y < top + 5; y += 1) pixels.fill(INK, y * WIDTH + 30, y * WIDTH + 40 + mark);
  }
  return Buffer.concat([header, pixels]);
}
