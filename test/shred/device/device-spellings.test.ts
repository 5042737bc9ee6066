import { spawnSync } from 'node:child_process';
import { symlinkSync, unlinkSync } from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import { deviceSpellings, readDeviceFacts } from '../../../src/shred/index.js';
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
