import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { absentMountPoints, deviceSpellings, readDeviceFacts } from '../../../src/shred/index.js';
import { temporaryFolder } from '../../temporary-folder.js';
import { loopDevice } from './loop-device.js';

it('a device, its partitions and the links to them are spellings of one another, and of nothing else', (context) => {
  const disk = loopDevice(context, 8 * 1024 * 1024).path;
  const other = loopDevice(context, 1024 * 1024).path;
  expect(spawnSync('addpart', [disk, '1', '2048', '4096']).status).toBe(0);
  onTestFinished(() => void spawnSync('delpart', [disk, '1']));
  const partition = `${disk}p1`;
  const link = `/dev/mapper/quietus-test-${process.pid}`;
  symlinkSync(partition, link);
  onTestFinished(() => unlinkSync(link));
  const all = [disk, partition, link].toSorted();
  expect(deviceSpellings(readDeviceFacts(disk)).toSorted()).toEqual(all);
  expect(deviceSpellings(readDeviceFacts(partition)).toSorted()).toEqual(all);
  expect(deviceSpellings(readDeviceFacts(other))).toEqual([other]);
});

it('is mounted where fstab says, by whatever name, and where an ext4 was mounted last', (context) => {
  const folder = temporaryFolder();
  const disk = loopDevice(context, 8 * 1024 * 1024).path;
  const facts = readDeviceFacts(disk);
  const link = `/dev/mapper/quietus-mounts-${process.pid}`;
  symlinkSync(disk, link);
  onTestFinished(() => unlinkSync(link));
  const tables = { fstab: join(folder, 'fstab'), crypttab: join(folder, 'crypttab') };
  const none = { fstab: join(folder, 'none'), crypttab: join(folder, 'none') };
  const lines = [
    '# <file system> <mount point> <type>',
    `${disk}\t/srv/old\\040records ext4 defaults 0 2`,
    `  ${link} /srv/hr/ auto noauto`,
    `${disk} none swap sw 0 0`,
    'UUID=0000-0000 /srv/other vfat defaults 0 0',
    'proc /proc proc defaults 0 0',
    '/dev/mapper/opened /srv/secret ext4 noauto 0 2',
    '/dev/mapper/another /srv/another ext4 noauto 0 2',
  ];
  writeFileSync(tables.fstab, lines.join('\n'));
  writeFileSync(tables.crypttab, `opened ${link} none luks\nanother UUID=0000-0000 none luks\n`);
  expect(absentMountPoints(facts, tables)).toEqual(['/srv/old records', '/srv/hr', '/srv/secret']);
  expect(absentMountPoints(facts, none)).toEqual([]);
  const point = join(folder, 'point');
  mkdirSync(point);
  expect(spawnSync('mkfs.ext4', ['-q', disk]).status).toBe(0);
  if (spawnSync('mount', [disk, point]).status !== 0) context.skip('mounting is not permitted here');
  expect(absentMountPoints(facts, none)).toEqual([]);
  // The kernel notes the folder when the first file is opened.
  writeFileSync(join(point, 'register.csv'), 'x');
  expect(spawnSync('umount', [point]).status).toBe(0);
  expect(absentMountPoints(facts, none)).toEqual([point]);
});
