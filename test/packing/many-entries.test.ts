import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compileProgram, startProgram } from '../child-program.js';
import { temporaryFolder } from '../temporary-folder.js';

describe('a pack of very many entries', () => {
  it('is extracted without their names and targets in memory', async () => {
    const folder = temporaryFolder();
    const program = await compileProgram('packing/many-entries-program.ts');
    const child = startProgram(program, [join(folder, 'out'), '300000']);
    const { stdout, stderr } = await child.ended;
    const [outcome, peak] = stdout.trim().split(' ');
    expect(outcome, stderr).toBe('unsafe-pack');
    // With all of them as texts it was 307 MB; now it is 122 to 131 MB, and more where other programs take the processors.
    expect(Number(peak)).toBeLessThan(230);
    expect(readdirSync(folder)).toEqual([]);
    expect(existsSync(join(folder, 'out'))).toBe(false);
  });
});
