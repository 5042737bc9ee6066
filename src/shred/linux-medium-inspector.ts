import { readFileSync, realpathSync, statfsSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Reason } from '../model/index.js';
import { residualOfLayers } from './block-judgement.js';
import { type BlockLayer, layersOf, readBlockStack } from './block-stack.js';
import { assessFile } from './file-survey.js';
import type { MediumFacts, MediumInspector } from './medium-inspector.js';
import { METHOD_LIMITS, type MediumReasonCode, mediumReason } from './method-limits.js';
import { blockNumbersOf } from './mount-devices.js';
import { type Mount, MountTable } from './mount-table.js';
import { distinctReasons } from './reasons.js';

/** f_type values of statfs(2) and linux/magic.h. ext2 and ext3 share that of ext4. */
const TYPE_BY_MAGIC: ReadonlyMap<number, string> = new Map([
  [0xef53, 'ext4'],
  [0x58465342, 'xfs'],
  [0x9123683e, 'btrfs'],
  [0x2fc12fc1, 'zfs'],
  [0xca451a4e, 'bcachefs'],
  [0x3434, 'nilfs2'],
  [0xf2f52010, 'f2fs'],
  [0x794c7630, 'overlay'],
  [0x6969, 'nfs'],
  [0xff534d42, 'cifs'],
  [0xfe534d42, 'smb3'],
  [0x01021997, '9p'],
  [0x65735546, 'fuse'],
  [0x01021994, 'tmpfs'],
  [0x858458f6, 'ramfs'],
  [0x4d44, 'vfat'],
  [0x2011bab0, 'exfat'],
]);

const RESIDUAL_BY_TYPE: Readonly<Record<string, MediumReasonCode>> = {
  btrfs: 'copy-on-write',
  zfs: 'copy-on-write',
  bcachefs: 'copy-on-write',
  apfs: 'copy-on-write',
  ocfs2: 'copy-on-write',
  nilfs2: 'log-structured',
  f2fs: 'log-structured',
  jffs2: 'log-structured',
  ubifs: 'log-structured',
  overlay: 'overlay-lower-layer',
  aufs: 'overlay-lower-layer',
  nfs: 'network-storage',
  nfs4: 'network-storage',
  cifs: 'network-storage',
  smb3: 'network-storage',
  smbfs: 'network-storage',
  ceph: 'network-storage',
  afs: 'network-storage',
  gfs2: 'network-storage',
  lustre: 'network-storage',
  '9p': 'user-space-file-system',
  virtiofs: 'user-space-file-system',
  vboxsf: 'user-space-file-system',
  fuse: 'user-space-file-system',
  fuseblk: 'user-space-file-system',
};

/** File systems that write an allocated block again where it is. */
const IN_PLACE = new Set([
  'ext2',
  'ext3',
  'ext4',
  'xfs',
  'jfs',
  'vfat',
  'msdos',
  'exfat',
  'hfsplus',
  'ntfs3',
  'udf',
  'ufs',
  'minix',
  'tmpfs',
  'ramfs',
]);

/** File systems that can keep the content of a small file in its inode: ext4 with the feature `inline_data`. */
const MAY_BE_INLINE = new Set(['ext2', 'ext3', 'ext4']);

/** File systems without a medium: all that they hold is in memory. */
const IN_MEMORY = new Set(['tmpfs', 'ramfs', 'devtmpfs']);

const LIMITS_BY_TYPE: Readonly<Record<string, MediumReasonCode>> = {
  tmpfs: 'swap',
};

const PSEUDO = new Set([
  'proc',
  'sysfs',
  'cgroup',
  'cgroup2',
  'devtmpfs',
  'devpts',
  'debugfs',
  'tracefs',
  'securityfs',
  'configfs',
  'pstore',
  'bpf',
  'efivarfs',
  'mqueue',
  'hugetlbfs',
  'binfmt_misc',
]);

function residualOf(type: string): MediumReasonCode | undefined {
  if (type.startsWith('fuse.')) return 'user-space-file-system';
  return RESIDUAL_BY_TYPE[type] ?? (IN_PLACE.has(type) ? undefined : 'file-system-unknown');
}

/**
 * Whether content of files with the attribute j is written to the journal first. The kernel disregards the attribute
 * where it allocates blocks late (`delalloc`), which ext4 does and ext3 does not unless it is told to.
 */
function heedsJournalAttribute(fileSystem: string, options: readonly string[]): boolean {
  if (fileSystem === 'ext3') return !options.includes('delalloc');
  return fileSystem === 'ext4' && options.includes('nodelalloc');
}

/** @param fileSystem as an assessment names it */
export function mayKeepContentInInode(fileSystem: string): boolean {
  return MAY_BE_INLINE.has(fileSystem);
}

/** @param fileSystem as an assessment names it */
export function isKeptInMemory(fileSystem: string): boolean {
  return IN_MEMORY.has(fileSystem);
}

/**
 * Judges a file system by the name and options in mountinfo and by the number of statfs(2).
 * @param mountType name in mountinfo, undefined when it could not be read
 * @param options of the file system
 * @param magic f_type, undefined when it could not be read
 */
export function judgeFileSystem(
  mountType: string | undefined,
  options: readonly string[],
  magic: number | undefined,
): MediumFacts {
  const magicType = magic === undefined ? undefined : TYPE_BY_MAGIC.get(magic);
  const fileSystem = mountType ?? magicType ?? 'unknown';
  const codes = new Set<MediumReasonCode>();
  const byName = residualOf(fileSystem);
  if (byName !== undefined) codes.add(byName);
  // Where the two disagree something is mounted that the table does not show: the worse judgement counts.
  const byMagic = magicType === undefined ? undefined : residualOf(magicType);
  if (byMagic !== undefined) codes.add(byMagic);
  if (options.includes('data=journal')) codes.add('data-journal');
  else if (heedsJournalAttribute(fileSystem, options)) codes.add('journal-attribute');
  const residual: Reason[] = [...codes].map((code) =>
    code === 'file-system-unknown' ? mediumReason(code, fileSystem) : mediumReason(code),
  );
  const limit = LIMITS_BY_TYPE[fileSystem];
  const limits = limit === undefined ? [...METHOD_LIMITS] : [...METHOD_LIMITS, mediumReason(limit)];
  return { assessment: { fileSystem, residual, limits }, pseudo: PSEUDO.has(fileSystem) };
}

/** Knows Linux by /proc/self/mountinfo, read once, and by statfs(2), asked once for each mount. */
export function createLinuxInspector(): MediumInspector {
  const mounts = MountTable.read();
  const known = new Map<string, MediumFacts>();
  return {
    inspect(folder) {
      const mount = mounts?.mountOf(folder);
      const key = mount?.point ?? `folder:${folder}`;
      let facts = known.get(key);
      if (facts === undefined) {
        facts = judgeFileSystem(mount?.type, mount === undefined ? [] : optionsOf(mount), magicOf(folder));
        if (mount !== undefined) {
          facts.assessment.residual.push(...residualBelow(mount, facts, { mounts, above: [mount] }));
          if (blockNumbersOf(mount).some((number) => readsImageFromCache(number, mounts)))
            facts.assessment.limits.push(mediumReason('image-cache'));
        }
        if (mounts === undefined) facts.assessment.limits.push(mediumReason('path-addressing'));
        known.set(key, facts);
      }
      return facts;
    },
    mountedAt: (path) => mounts?.at(path),
    mountedBelow: (path) => mounts?.below(path),
    hasSecondPath: (path) => mounts?.hasSecondPath(path),
  };
}

/** How ext3 and ext4 write content; `ordered` where nothing else is said, and null on other file systems. */
export function dataModeOf(mount: Mount): string | null {
  if (!/^ext[34]$/.test(mount.type)) return null;
  const option = optionsOf(mount).find((each) => each.startsWith('data='));
  return option === undefined ? 'ordered' : option.slice('data='.length);
}

/** What lies below the file system, without what is known of it already. */
function residualBelow(mount: Mount, facts: MediumFacts, around: Surroundings): Reason[] {
  const found = blockNumbersOf(mount).flatMap((number) => residualOfBlockDevice(number, around));
  const known = new Set(facts.assessment.residual.map(({ code }) => code));
  return distinctReasons(found).filter(({ code }) => !known.has(code));
}

/** What was gone through to come to a place: an image can lie in a file system that lies in an image. */
interface Surroundings {
  mounts: MountTable | undefined;
  above: readonly Mount[];
}

function residualOfBlockDevice(number: string, around: Surroundings): Reason[] {
  const top = readBlockStack(number);
  return top === undefined ? [] : residualOfLayers(top, (image) => residualOfImage(image, around));
}

/**
 * Why writing to the image of a loop device does not reach where it was stored before: its file system, the file itself,
 * whose blocks may be shared, and all that lies below.
 */
function residualOfImage(image: string, { mounts, above }: Surroundings): readonly Reason[] {
  const mount = mounts?.mountOf(image);
  const stat = statSync(image, { bigint: true, throwIfNoEntry: false });
  // Deleted, or seen by a path of another mount namespace.
  if (mount === undefined || stat === undefined || above.includes(mount)) {
    return [mediumReason('file-system-unknown')];
  }
  const facts = judgeFileSystem(mount.type, optionsOf(mount), magicOf(dirname(image)));
  const { assessment } = facts;
  const below = stat.isFile() ? residualBelow(mount, facts, { mounts, above: [...above, mount] }) : [];
  return [...assessFile(Buffer.from(image), stat, assessment).residual, ...below];
}

/**
 * Why overwriting a block device as a whole does not reach where its blocks were stored before.
 * @param number `major:minor`
 */
export function residualOfDevice(number: string): Reason[] {
  return distinctReasons(residualOfBlockDevice(number, { mounts: MountTable.read(), above: [] }));
}

/**
 * Whether a block device leads to an image that is read through the page cache, so that nothing which is read above it
 * need come from a medium. Loop devices read so unless they are set up with `losetup --direct-io`.
 * @param number `major:minor`
 */
export function readsImageFromCache(number: string, mounts = MountTable.read()): boolean {
  const top = readBlockStack(number);
  return top !== undefined && layersOf(top).some((layer) => isCachedLoop(layer, mounts));
}

function isCachedLoop({ kind, name, detail }: BlockLayer, mounts: MountTable | undefined): boolean {
  if (kind !== 'loop') return false;
  const mount = detail === null ? undefined : mounts?.mountOf(detail);
  if (mount === undefined || isKeptInMemory(mount.type) || !readsDirectly(name)) return true;
  return blockNumbersOf(mount).some((number) => readsImageFromCache(number, mounts));
}

/** @param loop name in /sys/block */
function readsDirectly(loop: string): boolean {
  try {
    return readFileSync(`/sys/block/${loop}/loop/dio`, 'latin1').trim() === '1';
  } catch {
    return false;
  }
}

function magicOf(folder: string): number | undefined {
  try {
    return Number(BigInt.asUintN(32, statfsSync(folder, { bigint: true }).type));
  } catch {
    return undefined;
  }
}

/**
 * mountinfo leaves out options that are the file system's own default, so one with `tune2fs -o journal_data` shows no
 * `data=journal` there; /proc/fs/ext4 lists all of them, also of ext3, whose driver is the same.
 */
function optionsOf(mount: Mount): readonly string[] {
  if (!/^ext[34]$/.test(mount.type)) return mount.options;
  try {
    // Not the source: that of the root is often a name that does not exist.
    const device = basename(realpathSync.native(`/sys/dev/block/${mount.device}`));
    return [...mount.options, ...readFileSync(`/proc/fs/ext4/${device}/options`, 'latin1').split('\n')];
  } catch {
    return mount.options;
  }
}
