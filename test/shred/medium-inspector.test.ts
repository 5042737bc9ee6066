import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, type TestContext } from 'vitest';
import { sourceAt } from '../../src/shred/direct-reading.js';
import {
  createMediumInspector,
  inspectMedium,
  judgeFileSystem,
  METHOD_LIMITS,
} from '../../src/shred/index.js';

function codes(type: string | undefined, options: string[], magic?: number): string[] {
  return judgeFileSystem(type, options, magic).assessment.residual.map((each) => each.code);
}

describe('judgeFileSystem', () => {
  // Numbers from statfs(2).
  it.each([
    ['ext4', 0xef53],
    ['xfs', 0x58465342],
    ['vfat', 0x4d44],
    ['tmpfs', 0x01021994],
  ])('%s writes in place', (type, magic) => {
    expect(codes(type, ['rw'], magic)).toEqual([]);
  });

  it.each([
    ['btrfs', 0x9123683e, 'copy-on-write'],
    ['zfs', 0x2fc12fc1, 'copy-on-write'],
    ['f2fs', 0xf2f52010, 'log-structured'],
    ['nilfs2', 0x3434, 'log-structured'],
    ['overlay', 0x794c7630, 'overlay-lower-layer'],
    ['nfs4', 0x6969, 'network-storage'],
    ['cifs', 0xff534d42, 'network-storage'],
    ['9p', 0x01021997, 'user-space-file-system'],
    ['fuse.sshfs', 0x65735546, 'user-space-file-system'],
    ['somethingnew', 0x12345678, 'file-system-unknown'],
  ])('%s leaves data behind', (type, magic, code) => {
    expect(codes(type, ['rw'], magic)).toEqual([code]);
    expect(codes(type, ['rw'])).toEqual([code]);
  });

  it('knows by the number alone, and knows nothing without either', () => {
    expect(codes(undefined, [], 0x9123683e)).toEqual(['copy-on-write']);
    expect(codes(undefined, [], undefined)).toEqual(['file-system-unknown']);
  });

  it('believes the worse of two that disagree', () => {
    expect(codes('ext4', [], 0x65735546)).toEqual(['user-space-file-system']);
  });

  it.each([
    ['ext4', 0xef53, 'medium'],
    ['nfs4', 0x6969, 'page-cache'],
    ['fuse.sshfs', 0x65735546, 'page-cache'],
    ['overlay', 0x794c7630, 'page-cache'],
    ['tmpfs', 0x01021994, 'page-cache'],
  ] as const)('what is read past the cache on %s', (type, magic, from) => {
    expect(sourceAt(judgeFileSystem(type, ['rw'], magic).assessment, 'medium')).toBe(from);
    expect(sourceAt(judgeFileSystem(type, ['rw'], magic).assessment, 'page-cache')).toBe('page-cache');
  });

  it('finds the data journal of ext4', () => {
    expect(codes('ext4', ['rw', 'data=journal'], 0xef53)).toEqual(['data-journal']);
    expect(codes('ext4', ['rw', 'data=ordered'], 0xef53)).toEqual([]);
  });

  it('always lists what is never reached, and swap for files in memory', () => {
    const plain = judgeFileSystem('ext4', [], 0xef53).assessment.limits;
    expect(plain).toEqual(METHOD_LIMITS);
    expect(plain.map((each) => each.code)).toEqual(
      expect.arrayContaining([
        'flash-translation',
        'journal-copies',
        'older-versions',
        'backups-and-snapshots',
      ]),
    );
    const memory = judgeFileSystem('tmpfs', [], 0x01021994).assessment.limits;
    expect(memory.map((each) => each.code)).toContain('swap');
  });
});

it('is honest about a platform that it does not know', () => {
  const inspector = createMediumInspector('plan9');
  const { assessment } = inspector.inspect('/');
  expect(assessment.fileSystem).toBe('unknown');
  expect(assessment.residual.map((each) => each.code)).toEqual(['file-system-unknown']);
  expect(assessment.limits.map((each) => each.code)).toContain('path-addressing');
});

/** Loop devices, and a place to mount them at; all is taken away when the test ends. */
function loops(context: TestContext, names: readonly string[]): { devices: string[]; point: string } {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'quietus-devices-')));
  const devices: string[] = [];
  const point = join(folder, 'mounted');
  mkdirSync(point);
  onTestFinished(() => {
    spawnSync('umount', ['-l', point]);
    for (const device of devices) spawnSync('losetup', ['-d', device]);
    rmSync(folder, { recursive: true, force: true });
  });
  for (const name of names) {
    const image = join(folder, name);
    writeFileSync(image, '');
    truncateSync(image, 320 * 1024 * 1024);
    const made = spawnSync('losetup', ['-f', '--show', image], { encoding: 'utf8' });
    if (made.status !== 0) context.skip('loop devices are not permitted here');
    devices.push(made.stdout.trim());
  }
  return { devices, point };
}

it('says all devices of a Btrfs file system that lies on several', (context) => {
  const { devices, point } = loops(context, ['one', 'two']);
  const mkfs = spawnSync('mkfs.btrfs', ['-q', '-d', 'raid1', '-m', 'raid1', ...devices]);
  if (mkfs.status !== 0) context.skip('mkfs.btrfs is not available');
  // Whichever is named, the kernel shows one of them.
  spawnSync('btrfs', ['device', 'scan', ...devices]);
  if (spawnSync('mount', [devices[1] ?? '', point]).status !== 0)
    context.skip('mounts are not permitted here');
  const { layers, assessment } = inspectMedium(point, []);
  expect(layers.map(({ name }) => `/dev/${name}`)).toEqual(expect.arrayContaining(devices));
  expect(assessment?.residual.map(({ code }) => code)).toContain('copy-on-write');
});

it('says the device of the log of an XFS file system, too', (context) => {
  const { devices, point } = loops(context, ['data', 'log']);
  const [data = '', log = ''] = devices;
  if (spawnSync('mkfs.xfs', ['-q', '-l', `logdev=${log},size=64m`, data]).status !== 0)
    context.skip('mkfs.xfs is not available');
  if (spawnSync('mount', ['-o', `logdev=${log}`, data, point]).status !== 0)
    context.skip('mounts are not permitted here');
  const loopDevices = inspectMedium(point, []).layers.filter(({ kind }) => kind === 'loop');
  expect(loopDevices.map(({ name }) => `/dev/${name}`)).toEqual(devices);
});
