import { closeSync, constants, openSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, join, resolve, sep } from 'node:path';
import type { Reason } from '../../model/index.js';
import { MountTable } from '../mount-table.js';
import { findTool, runTool } from '../system-tool.js';
import { type DeviceFacts, numberOf, sysfsFolders } from './device-facts.js';
import { deviceReason } from './device-reasons.js';

/** Signatures of what other devices are built from, as blkid names them. */
const MEMBERS =
  /^(?:.*_raid_member|LVM2_member|LVM1_member|zfs_member|drbd|bcache|VMFS_volume_member|ceph_bluestore)$/;

/**
 * Why a device must be left alone now: it is mounted, swapped to, built on, held, part of an array, or stands for
 * something of ours; or has no medium in it, as an empty card reader. An empty list is the only yes.
 *
 * @param protectedPaths files and folders that a loop device must not stand for
 * @param part whether a partition may be named: only an encrypted one, whose keys are destroyed
 */
export async function deviceObjections(
  device: DeviceFacts,
  protectedPaths: readonly string[],
  part = false,
): Promise<Reason[]> {
  if (device.kind === 'stacked') return [deviceReason('stacked-device')];
  if (device.bytes === 0) return [deviceReason('no-medium')];
  if (device.partition && !part) return [deviceReason('not-whole-device')];
  const folders = sysfsFolders(device);
  const paths = folders.map((folder) => `/dev/${basename(folder)}`);
  const numbers = new Set(folders.map(numberOf));
  const found: Reason[] = [];
  if (device.readOnly) found.push(deviceReason('read-only'));
  if (isMounted(numbers, paths)) found.push(deviceReason('mounted'));
  if (isSwap(paths)) found.push(deviceReason('swap'));
  if (folders.some(hasHolders) || backsLoop(paths)) found.push(deviceReason('held'));
  if (standsForProtected(device, protectedPaths)) found.push(deviceReason('protected-path'));
  if (found.length === 0 && paths.some(isClaimed)) found.push(deviceReason('busy'));
  if (found.length > 0) return found;
  for (const path of paths) {
    const objection = await membership(path);
    if (objection !== undefined) return [objection];
  }
  return [];
}

function isMounted(numbers: ReadonlySet<string>, paths: readonly string[]): boolean {
  const table = MountTable.read();
  if (table === undefined) return true; // Unknown means keep.
  for (const { device, source } of table.mounts()) {
    // btrfs and overlay mounts have a number of their own; their source names the device.
    if (numbers.has(device) || paths.includes(canonical(source))) return true;
  }
  return false;
}

function canonical(path: string): string {
  if (!path.startsWith('/')) return path;
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function isSwap(paths: readonly string[]): boolean {
  const lines = readFileSync('/proc/swaps', 'latin1').split('\n').slice(1);
  return lines.some((line) => paths.includes(canonical(line.split(/\s/)[0] ?? '')));
}

function hasHolders(folder: string): boolean {
  try {
    return readdirSync(join(folder, 'holders')).length > 0;
  } catch {
    return false;
  }
}

function loopBacking(name: string): string | undefined {
  try {
    return readFileSync(`/sys/block/${name}/loop/backing_file`, 'utf8').replace(/\n$/, '');
  } catch {
    return undefined;
  }
}

function backsLoop(paths: readonly string[]): boolean {
  const loops = readdirSync('/sys/block').filter((name) => name.startsWith('loop'));
  return loops.some((name) => paths.includes(loopBacking(name) ?? ''));
}

/** A loop device is a file: sanitizing it overwrites that file. */
function standsForProtected(device: DeviceFacts, protectedPaths: readonly string[]): boolean {
  const backing = loopBacking(device.name);
  if (backing === undefined) return false;
  const place = resolve(backing);
  return protectedPaths.map(canonical).some((path) => place === path || place.startsWith(path + sep));
}

/** An exclusive open fails while the kernel has claimed the device: for a mount in any namespace, a volume, swap. */
function isClaimed(path: string): boolean {
  try {
    closeSync(openSync(path, constants.O_RDONLY | constants.O_EXCL));
    return false;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOMEDIUM') return false;
    return true;
  }
}

async function membership(path: string): Promise<Reason | undefined> {
  if (!exists(path)) return deviceReason('signature-unknown');
  const blkid = findTool('blkid');
  if (blkid === undefined) return deviceReason('signature-unknown', 'blkid is missing');
  const { status, stdout } = await runTool(blkid, ['--probe', '--output', 'export', path], {
    timeoutMs: 60_000,
  });
  // 2: no signature at all (blkid(8)).
  if (status === 2) return undefined;
  if (status !== 0) return deviceReason('signature-unknown', `blkid ended with ${status}`);
  const type = /^TYPE=(.*)$/m.exec(stdout.toString('latin1'))?.[1];
  return type !== undefined && MEMBERS.test(type) ? deviceReason('array-member', type) : undefined;
}

function exists(path: string): boolean {
  try {
    return statSync(path).isBlockDevice();
  } catch {
    return false;
  }
}
