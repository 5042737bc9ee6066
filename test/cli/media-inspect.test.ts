import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { LoopVolume } from '../shred/loop-volume.js';
import { quietus, temporaryFolder } from './harness.js';

it('says what a file lies on and what each method would achieve, within 80 columns and as JSON', async (context) => {
  const volume = new LoopVolume();
  try {
    volume.mount(context, ['mkfs.ext4', '-q', '-F'], 'loop,data=journal');
    const file = join(volume.point, 'records.csv');
    writeFileSync(file, 'SSN 078-05-1120');
    const shown = await quietus(['media', 'inspect', file]);
    expect(shown.status).toBe(0);
    expect(shown.stdout).toContain('ext4');
    expect(shown.stdout).toContain('data=journal');
    expect(shown.stdout).toMatch(/Stored on +loop\d+: loop/);
    expect(shown.stdout).toContain('Overwriting files: leaves something');
    // The image's path is one word.
    const long = shown.stdout.split('\n').filter((line) => line.length > 80 && !line.includes(volume.folder));
    expect(long).toEqual([]);
    const { stdout } = await quietus(['media', 'inspect', file, '--json']);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ kind: 'file', file_system: { type: 'ext4', data_mode: 'journal' } });
    expect(report.residual.map(({ code }: { code: string }) => code)).toEqual(['data-journal']);
    expect(report.layers[0]).toMatchObject({ kind: 'loop', detail: volume.image });
    // Down to the disk: the next layer is what the image itself is stored on, where that is a device at all.
    const under = execFileSync('findmnt', ['-n', '-o', 'MAJ:MIN', '-T', volume.image], { encoding: 'utf8' });
    const numbers = report.layers.map(({ number }: { number: string }) => number);
    if (!under.startsWith('0:')) expect(numbers[1]).toBe(under.trim());
    expect(stdout).not.toContain('records.csv');
  } finally {
    volume.remove();
  }
});

it('refuses a link, and what is not there, without a workspace and without following anything', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'real'));
  symlinkSync('real', join(folder, 'link'));
  for (const name of ['link', 'absent']) {
    const { status, stderr } = await quietus(['media', 'inspect', join(folder, name)]);
    expect([status, stderr]).toEqual([2, expect.stringContaining('error:')]);
  }
});
