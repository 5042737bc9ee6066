import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { badInput } from '../../model/index.js';

/** How a device is spoken to. `stacked`: it has no medium of its own. */
export type DeviceKind = 'nvme' | 'ata' | 'scsi' | 'mmc' | 'virtio' | 'loop' | 'stacked' | 'other';

/** What the system says of a block device; nothing of it is proved. Linux only. */
export interface DeviceFacts {
  /** Canonical device file, such as `/dev/sda`. */
  path: string;
  /** Such as `sda`. */
  name: string;
  /** `major:minor`. */
  number: string;
  kind: DeviceKind;
  /** Of the whole device. */
  bytes: number;
  /** Bytes of the smallest read or write past the cache. */
  blockSize: number;
  vendor: string | null;
  model: string | null;
  serial: string | null;
  firmware: string | null;
  partition: boolean;
  /** As the system says, which is wrong in many virtual machines. */
  rotational: boolean;
  removable: boolean;
  readOnly: boolean;
  discards: boolean;
  /** The character device that takes commands for the whole controller (NVMe), else the device itself. */
  controller: string;
  /** Namespaces of the same NVMe controller, this one included. */
  namespaces: number;
  /** What a person types to confirm: the serial number, or name and size where there is none. */
  confirmation: string;
}

const SYS = '/sys/dev/block';

function attribute(folder: string, name: string): string | null {
  try {
    const text = readFileSync(join(folder, name), 'latin1').replaceAll('\0', '').trim();
    return text === '' ? null : text;
  } catch {
    return null;
  }
}

/** Unit serial number: SPC-4 vital product data page 80h, four bytes of header before the text. */
function pageSerial(folder: string): string | null {
  try {
    const page = readFileSync(join(folder, 'device', 'vpd_pg80'));
    const text = page.subarray(4, 4 + page.readUInt16BE(2)).toString('latin1');
    const serial = text.replaceAll(/[^\x20-\x7e]/g, '').trim();
    return serial === '' ? null : serial;
  } catch {
    return null;
  }
}

function kindOf(name: string, vendor: string | null): DeviceKind {
  if (name.startsWith('nvme')) return 'nvme';
  if (name.startsWith('loop')) return 'loop';
  if (name.startsWith('mmcblk')) return 'mmc';
  if (name.startsWith('vd')) return 'virtio';
  if (/^(?:dm-|md|bcache|zram|ram|nbd|rbd|drbd|zd\d)/.test(name)) return 'stacked';
  if (/^sd[a-z]/.test(name)) return vendor === 'ATA' ? 'ata' : 'scsi';
  return 'other';
}

/** The controller of an NVMe namespace by sysfs: its name need not be that of the namespace. */
function nvmeController(folder: string): { controller: string; namespaces: number } | undefined {
  try {
    const device = realpathSync(join(folder, 'device'));
    const names = readdirSync(device);
    const own = /^nvme\d+$/.test(basename(device))
      ? basename(device)
      : names.filter((name) => /^nvme\d+$/.test(name)).toSorted()[0];
    if (own === undefined) return undefined;
    const spaces = names.filter((name) => /^nvme\d+(?:c\d+)?n\d+$/.test(name));
    return { controller: `/dev/${own}`, namespaces: Math.max(1, spaces.length) };
  } catch {
    return undefined;
  }
}

/**
 * Reads what the system knows of a block device.
 *
 * @param path device file; symbolic links such as those in /dev/disk/by-id are followed
 * @throws Fault `device-absent`, `not-a-device`, `platform-unsupported` (exit 2)
 */
export function readDeviceFacts(path: string): DeviceFacts {
  if (process.platform !== 'linux') {
    throw badInput('platform-unsupported', 'Whole devices can be sanitized on Linux only', {
      hint: 'Start the machine from a Linux live system',
    });
  }
  const { canonical, rdev } = blockDevice(path);
  const number = `${Number((rdev >> 8n) & 0xfffn) + Number((rdev >> 32n) & ~0xfffn)}:${Number(rdev & 0xffn) + Number((rdev >> 12n) & ~0xffn)}`;
  const own = realpathSync(join(SYS, number));
  const partition = attribute(own, 'partition') !== null;
  const folder = partition ? join(own, '..') : own;
  const name = basename(own);
  const disk = basename(realpathSync(folder));
  const vendor = attribute(folder, 'device/vendor');
  const kind = kindOf(disk, vendor);
  const bytes = Number(attribute(own, 'size') ?? 0) * 512;
  const serial = attribute(folder, 'device/serial') ?? pageSerial(folder) ?? attribute(folder, 'serial');
  const nvme = kind === 'nvme' ? nvmeController(folder) : undefined;
  return {
    path: canonical,
    name,
    number,
    kind,
    bytes,
    blockSize: Number(attribute(folder, 'queue/logical_block_size') ?? 512),
    vendor: kind === 'ata' ? null : vendor?.startsWith('0x') ? null : vendor,
    model: attribute(folder, 'device/model'),
    serial,
    firmware: attribute(folder, 'device/firmware_rev') ?? attribute(folder, 'device/rev'),
    partition,
    rotational: attribute(folder, 'queue/rotational') === '1',
    removable: attribute(folder, 'removable') === '1',
    readOnly: attribute(own, 'ro') === '1',
    discards: Number(attribute(folder, 'queue/discard_max_bytes') ?? 0) > 0,
    controller: nvme?.controller ?? canonical,
    namespaces: nvme?.namespaces ?? 1,
    confirmation: serial ?? `${name}:${bytes}`,
  };
}

function blockDevice(path: string): { canonical: string; rdev: bigint } {
  let canonical: string;
  try {
    canonical = realpathSync(path);
  } catch (cause) {
    throw badInput('device-absent', `There is no device ${path}`, { hint: 'See them with: lsblk', cause });
  }
  const stat = statSync(canonical, { bigint: true });
  if (!stat.isBlockDevice()) {
    throw badInput('not-a-device', `${path} is not a block device`, {
      hint: 'Files and folders are destroyed by: quietus dispose PATH',
    });
  }
  return { canonical, rdev: stat.rdev };
}

/** sysfs folders of the device and its partitions. */
export function sysfsFolders(device: DeviceFacts): string[] {
  const own = realpathSync(join(SYS, device.number));
  const parts = readdirSync(own, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && attribute(join(own, entry.name), 'partition') !== null)
    .map((entry) => join(own, entry.name));
  return [own, ...parts];
}

/** `major:minor` of a sysfs folder of a device. */
export function numberOf(folder: string): string {
  return attribute(folder, 'dev') ?? '';
}
