import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readAtMost } from '../../src/workspace/index.js';
import { temporaryFolder } from '../cli/harness.js';

describe('a file that somebody named', () => {
  it('is read to its end, or one byte beyond the limit', () => {
    const path = join(temporaryFolder(), 'file');
    const bytes = Buffer.from(Array.from({ length: 200_000 }, (_, at) => at % 251));
    writeFileSync(path, bytes);
    expect(readAtMost(path, 200_000)).toEqual(bytes);
    expect(readAtMost(path, 199_999)).toEqual(bytes);
    expect(readAtMost(path, 70_000)).toEqual(bytes.subarray(0, 70_001));
  });

  it('is cut at the limit where it never ends, whatever size it states', () => {
    expect(readAtMost('/dev/zero', 1_000_000)).toHaveLength(1_000_001);
    expect(readAtMost('/dev/null', 10)).toHaveLength(0);
  });
});
