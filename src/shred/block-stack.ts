import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** What one block device is, from the file system down to the disk. */
export type LayerKind =
  | 'disk'
  | 'partition'
  | 'loop'
  | 'lvm'
  | 'lvm-thin'
  | 'lvm-snapshot'
  /** Encrypted under a LUKS header. */
  | 'crypt'
  /** Encrypted otherwise: without a header, or under one that another system made. */
  | 'crypt-other'
  | 'raid'
  | 'multipath'
  | 'cache'
  /** A volume of ZFS. */
  | 'zvol'
  /** Made by software of which nothing more is known. */
  | 'mapped'
  | 'network'
  | 'memory';

/** What the kernel says of a disk. Null where it says nothing. */
export interface DiskFacts {
  model: string | null;
  serial: string | null;
  /** `nvme`, `sata`, `usb`, `virtio`, `mmc`, `scsi` or null. */
  transport: string | null;
  /** What the disk claims; virtual disks and USB bridges often claim the wrong thing. */
  rotational: boolean | null;
  removable: boolean;
  /** Zones that are written in order only (shingled disks): new content goes elsewhere. */
  zoned: boolean;
}

export interface BlockLayer {
  /** Name in /sys/block, such as `dm-0` or `sda2`. */
  name: string;
  /** `major:minor`. */
  number: string;
  kind: LayerKind;
  /** The RAID level, the volume's name or the image behind a loop device. */
  detail: string | null;
  sizeBytes: bigint;
  readOnly: boolean;
  /** It can be told which blocks are free. */
  discard: boolean;
  /** Only of `disk`. */
  disk: DiskFacts | null;
  below: BlockLayer[];
}

/** Deeper stacks than this are no stacks but a loop in what was read. */
const DEEPEST = 16;

function text(...path: string[]): string | null {
  try {
    // Attributes are a page at most; padded with blanks by some disks.
    const value = readFileSync(join(...path), 'latin1')
      .slice(0, 4096)
      .trim();
    return value === '' ? null : value;
  } catch {
    return null;
  }
}

function names(...path: string[]): string[] {
  try {
    return readdirSync(join(...path)).toSorted();
  } catch {
    return [];
  }
}

/** Mappings of cryptsetup(8) that encrypt; the others check only (verity, integrity), or are a part of one. */
const ENCRYPTS = /^CRYPT-(?:PLAIN|TCRYPT|LOOPAES|BITLK|FVAULT2)-/;

/**
 * The kind of a device-mapper device, by its UUID: `LVM-` and two ids with a suffix for the hidden parts, `CRYPT-`,
 * `mpath-`, `part1-` of kpartx(8); and by the devices below it, whose suffixes show an origin or a thin volume, to which a
 * deduplicated one (VDO) is counted.
 */
function mapperKind(uuid: string, below: readonly string[]): LayerKind {
  if (/^CRYPT-LUKS[12]-/.test(uuid)) return 'crypt';
  if (ENCRYPTS.test(uuid)) return 'crypt-other';
  if (uuid.startsWith('mpath-')) return 'multipath';
  if (/^part\d+-/.test(uuid)) return 'partition';
  if (uuid.startsWith('DMRAID-')) return 'raid';
  if (below.some((each) => /-(tpool|tdata|vpool|vdata)$/.test(each))) return 'lvm-thin';
  if (/-(cow|real)$/.test(uuid) || below.some((each) => /-(cow|real)$/.test(each))) return 'lvm-snapshot';
  if (below.some((each) => /-(cpool|corig|cdata|wcorig)$/.test(each))) return 'cache';
  return uuid.startsWith('LVM-') ? 'lvm' : 'mapped';
}

function kindOf(folder: string, name: string, uuidsBelow: readonly string[]): LayerKind {
  if (existsSync(join(folder, 'partition'))) return 'partition';
  if (existsSync(join(folder, 'loop'))) return 'loop';
  if (existsSync(join(folder, 'md'))) return 'raid';
  if (existsSync(join(folder, 'dm'))) return mapperKind(text(folder, 'dm', 'uuid') ?? '', uuidsBelow);
  if (/^(nbd|rbd|drbd)\d/.test(name)) return 'network';
  if (/^bcache\d/.test(name)) return 'cache';
  if (/^(zram|ram|pmem)\d/.test(name)) return 'memory';
  if (/^zd\d/.test(name)) return 'zvol';
  if (/^ublkb\d/.test(name)) return 'mapped';
  return /^loop\d/.test(name) ? 'loop' : 'disk';
}

function transportOf(folder: string): string | null {
  const path = folder.split('/');
  const has = (pattern: RegExp): boolean => path.some((part) => pattern.test(part));
  if (has(/^usb\d/)) return 'usb';
  if (has(/^nvme/)) return 'nvme';
  if (has(/^virtio\d/)) return 'virtio';
  if (has(/^mmc/)) return 'mmc';
  if (has(/^ata\d/)) return 'sata';
  return has(/^host\d/) ? 'scsi' : null;
}

/** What udev found out when the device appeared; it may do so as root, and anybody may read it. */
function udevProperty(root: string, number: string, name: string): string | null {
  const line = text(root, 'run/udev/data', `b${number}`)
    ?.split('\n')
    .find((each) => each.startsWith(`E:${name}=`));
  return line?.slice(name.length + 3) ?? null;
}

function diskFacts(root: string, folder: string, number: string): DiskFacts {
  const rotational = text(folder, 'queue/rotational');
  return {
    model: text(folder, 'device/model') ?? udevProperty(root, number, 'ID_MODEL'),
    serial:
      text(folder, 'device/serial') ??
      text(folder, 'serial') ??
      udevProperty(root, number, 'ID_SERIAL_SHORT'),
    transport: transportOf(folder),
    rotational: rotational === null ? null : rotational === '1',
    removable: text(folder, 'removable') === '1',
    zoned: !['none', null].includes(text(folder, 'queue/zoned')),
  };
}

function detailOf(folder: string, kind: LayerKind): string | null {
  if (kind === 'raid') return text(folder, 'md/level');
  if (kind === 'loop') return pathIn(text(folder, 'loop/backing_file'));
  return text(folder, 'dm/name');
}

/** A path among the attributes, which are read as bytes. */
function pathIn(attribute: string | null): string | null {
  return attribute === null ? null : Buffer.from(attribute, 'latin1').toString('utf8');
}

function readLayer(root: string, number: string, depth: number): BlockLayer | undefined {
  let folder: string;
  try {
    folder = realpathSync.native(join(root, 'sys/dev/block', number));
  } catch {
    return undefined;
  }
  if (depth > DEEPEST) return undefined;
  const name = basename(folder);
  const partition = existsSync(join(folder, 'partition'));
  const slaves = names(folder, 'slaves');
  const uuids = slaves.map((slave) => text(folder, 'slaves', slave, 'dm/uuid') ?? '');
  const numbers = partition
    ? [text(dirname(folder), 'dev')]
    : slaves.map((slave) => text(folder, 'slaves', slave, 'dev'));
  const kind = kindOf(folder, name, uuids);
  const queue = partition ? dirname(folder) : folder;
  return {
    name,
    number,
    kind,
    detail: detailOf(folder, kind),
    sizeBytes: BigInt(text(folder, 'size') ?? '0') * 512n,
    readOnly: text(folder, 'ro') === '1',
    discard: (text(queue, 'queue/discard_max_bytes') ?? '0') !== '0',
    disk: kind === 'disk' ? diskFacts(root, folder, number) : null,
    below: numbers.flatMap((each) => (each === null ? [] : (readLayer(root, each, depth + 1) ?? []))),
  };
}

/**
 * The layers of a block device down to its disks, from /sys.
 * @param number `major:minor`
 * @param root where /sys and /run are; other than `/` in tests on recorded trees
 * @returns undefined where the kernel does not know the device, such as the anonymous numbers of Btrfs and tmpfs
 */
export function readBlockStack(number: string, root = '/'): BlockLayer | undefined {
  return readLayer(root, number, 0);
}

/** The layer and all below it, from the top. */
export function layersOf(top: BlockLayer): BlockLayer[] {
  return [top, ...top.below.flatMap(layersOf)];
}

const ENCRYPTED: readonly LayerKind[] = ['crypt', 'crypt-other'];

/** Whether the layer or one below it is encrypted; the others below need not be. */
export function isEncryptedInPart(top: BlockLayer): boolean {
  return layersOf(top).some(({ kind }) => ENCRYPTED.includes(kind));
}

/**
 * Whether all ways from the layer down to the disks lead through encryption: what is stored there is on no disk in the
 * clear.
 * @param kinds what counts as encryption
 */
export function isEncryptedThroughout(top: BlockLayer, kinds = ENCRYPTED): boolean {
  if (kinds.includes(top.kind)) return true;
  return top.below.length > 0 && top.below.every((each) => isEncryptedThroughout(each, kinds));
}

/** `major:minor` of st_rdev or st_dev, as gnu_dev_major(3) takes it apart. */
export function deviceNumber(device: bigint): string {
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn);
  const minor = (device & 0xffn) | ((device >> 12n) & ~0xffn);
  return `${major}:${minor}`;
}
