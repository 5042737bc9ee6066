import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { residualOfLayers } from '../../src/shred/block-judgement.js';
import { deviceNumber, layersOf, parseSmartctl, readBlockStack } from '../../src/shred/index.js';
import { methodVerdicts } from '../../src/shred/method-verdict.js';

// Trees as the kernel lays out /sys (Documentation/ABI/stable/sysfs-block), written down from machines that have them.

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'quietus-sys-'));
  mkdirSync(join(root, 'sys/dev/block'), { recursive: true });
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

/** A device with its attributes, and links to those below it. */
function device(path: string, number: string, files: Record<string, string>, below: string[] = []): void {
  const folder = join(root, 'sys/devices', path);
  for (const [name, content] of Object.entries({ dev: number, size: '2048', ro: '0', ...files })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), `${content}\n`);
  }
  mkdirSync(join(folder, 'slaves'), { recursive: true });
  for (const each of below) {
    symlinkSync(join(root, 'sys/devices', each), join(folder, 'slaves', each.split('/').at(-1) ?? ''));
  }
  symlinkSync(folder, join(root, 'sys/dev/block', number));
}

const DISK = 'pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0/block/sda';

function sda(): void {
  device(DISK, '8:0', {
    'queue/rotational': '1',
    'queue/discard_max_bytes': '0',
    'queue/zoned': 'none',
    'device/model': 'WDC WD10EZEX-08W',
    removable: '0',
  });
  device(`${DISK}/sda2`, '8:2', { partition: '2' });
}

const kinds = (number: string): string[] => {
  const top = readBlockStack(number, root);
  return top === undefined ? [] : layersOf(top).map(({ name, kind }) => `${name} ${kind}`);
};

it('follows LVM on LUKS on a partition down to the disk, with what the disk says of itself', () => {
  sda();
  mkdirSync(join(root, 'run/udev/data'), { recursive: true });
  writeFileSync(
    join(root, 'run/udev/data/b8:0'),
    'S:disk/by-id/ata-WDC\nE:ID_SERIAL_SHORT=WD-WCC6Y1234567\n',
  );
  const crypt = { 'dm/name': 'luks', 'dm/uuid': 'CRYPT-LUKS2-5a1b3c-luks' };
  device('virtual/block/dm-0', '254:0', crypt, [`${DISK}/sda2`]);
  const volume = { 'dm/name': 'vg-root', 'dm/uuid': `LVM-${'a'.repeat(64)}` };
  device('virtual/block/dm-1', '254:1', volume, ['virtual/block/dm-0']);
  expect(kinds('254:1')).toEqual(['dm-1 lvm', 'dm-0 crypt', 'sda2 partition', 'sda disk']);
  const top = readBlockStack('254:1', root);
  expect(top && layersOf(top).at(-1)).toMatchObject({
    sizeBytes: 1_048_576n,
    discard: false,
    disk: {
      model: 'WDC WD10EZEX-08W',
      serial: 'WD-WCC6Y1234567',
      transport: 'sata',
      rotational: true,
      removable: false,
      zoned: false,
    },
  });
});

it('tells a thin volume, the origin of a snapshot, a cache, RAID, a zoned disk and network storage', () => {
  sda();
  const id = `LVM-${'a'.repeat(32)}${'b'.repeat(32)}`;
  device('virtual/block/dm-2', '254:2', { 'dm/uuid': `${id}-tpool` }, [DISK]);
  device('virtual/block/dm-3', '254:3', { 'dm/uuid': id }, ['virtual/block/dm-2']);
  device('virtual/block/dm-4', '254:4', { 'dm/uuid': `${id}-real` }, [DISK]);
  device('virtual/block/dm-5', '254:5', { 'dm/uuid': id }, ['virtual/block/dm-4']);
  device('virtual/block/dm-6', '254:6', { 'dm/uuid': `${id}-cdata` }, [DISK]);
  device('virtual/block/dm-7', '254:7', { 'dm/uuid': id }, ['virtual/block/dm-6']);
  device('virtual/block/md0', '9:0', { 'md/level': 'raid1' }, [DISK]);
  device('virtual/block/nbd0', '43:0', {});
  device('pci0/nvme/nvme0/nvme0n1', '259:0', { 'queue/zoned': 'host-managed', 'queue/rotational': '0' });
  const first = (number: string): string | undefined => kinds(number)[0];
  expect(['254:3', '254:5', '254:7', '9:0', '43:0'].map(first)).toEqual([
    'dm-3 lvm-thin',
    'dm-5 lvm-snapshot',
    'dm-7 cache',
    'md0 raid',
    'nbd0 network',
  ]);
  expect(readBlockStack('9:0', root)?.detail).toBe('raid1');
  expect(readBlockStack('259:0', root)?.disk).toMatchObject({
    transport: 'nvme',
    zoned: true,
    rotational: false,
  });
});

it.each([
  // lvcreate --type vdo: the volume lies on the pool, which deduplicates onto its data.
  ['a deduplicated volume (VDO)', `LVM-${'a'.repeat(64)}`, `LVM-${'b'.repeat(64)}-vpool`, 'volume-snapshot'],
  [
    'Stratis',
    'stratis-1-private-5a1b-thin-fs-7c2d',
    'stratis-1-private-5a1b-thinpool-pool',
    'mapping-unknown',
  ],
  ['a snapshot of a live system', '', '', 'mapping-unknown'],
  // integritysetup: content goes through a journal by default.
  ['dm-integrity alone', 'CRYPT-INTEGRITY-data', undefined, 'mapping-unknown'],
  ['a partition of a multipath disk', 'part1-mpath-3600508b4000156d700012000000b0000', undefined, undefined],
  ['LUKS', 'CRYPT-LUKS2-5a1b3c-luks', undefined, undefined],
])('%s: what it leaves behind', (_, uuid, below, code) => {
  sda();
  if (below !== undefined) device('virtual/block/dm-1', '254:1', { 'dm/uuid': below }, [DISK]);
  device('virtual/block/dm-2', '254:2', { 'dm/uuid': uuid }, [
    below === undefined ? DISK : 'virtual/block/dm-1',
  ]);
  const top = readBlockStack('254:2', root);
  const codes = top && residualOfLayers(top, () => []).map((each) => each.code);
  expect(codes).toEqual(code === undefined ? [] : [code]);
});

it('knows a volume of ZFS, a device of a program, and what is encrypted', () => {
  sda();
  device('virtual/block/zd0', '230:0', {});
  device('virtual/block/ublkb0', '259:5', {});
  for (const [at, name] of ['PLAIN', 'BITLK', 'VERITY', 'SUBDEV'].entries()) {
    device(`virtual/block/dm-${at}`, `254:${at}`, { 'dm/uuid': `CRYPT-${name}-x` }, [DISK]);
  }
  const first = (number: string): string | undefined => kinds(number)[0];
  expect(['230:0', '259:5', '254:0', '254:1', '254:2', '254:3'].map(first)).toEqual([
    'zd0 zvol',
    'ublkb0 mapped',
    'dm-0 crypt-other',
    'dm-1 crypt-other',
    'dm-2 mapped',
    'dm-3 mapped',
  ]);
});

/** `sda` is encrypted as `dm-0`, and `sdb` is not. */
function twoDisks(uuid = 'CRYPT-LUKS2-x-data', rotational = '1'): void {
  const plain = 'pci0000:00/0000:00:17.0/ata2/host1/target1:0:0/1:0:0:0/block/sdb';
  device(DISK, '8:0', { 'queue/rotational': rotational });
  device(plain, '8:16', { 'queue/rotational': rotational });
  device('virtual/block/dm-0', '254:0', { 'dm/uuid': uuid }, [DISK]);
  device('virtual/block/md0', '9:0', { 'md/level': 'raid0' }, ['virtual/block/dm-0', plain]);
  device('virtual/block/dm-1', '254:1', { 'dm/uuid': `LVM-${'a'.repeat(64)}` }, ['virtual/block/dm-0']);
}

function cryptoErase(...numbers: string[]): string | undefined {
  const devices = numbers.flatMap((number) => readBlockStack(number, root) ?? []);
  const nothing = {
    kind: 'folder',
    assessment: null,
    refusal: null,
    fileSystem: null,
    storedAnew: [],
  } as const;
  const verdicts = methodVerdicts({ ...nothing, devices, allDevices: devices.length === numbers.length });
  return verdicts.find(({ method }) => method === 'crypto-erase')?.reach;
}

it('says that a key reaches all only where every way down to a disk is encrypted', () => {
  twoDisks();
  expect([cryptoErase('254:0'), cryptoErase('254:1')]).toEqual(['in-place', 'in-place']);
  // A file system over both disks, by itself or by RAID, or with a device that is not to be seen.
  expect([cryptoErase('254:0', '8:16'), cryptoErase('9:0'), cryptoErase('254:0', '7:99')]).toEqual([
    'leaves-residue',
    'leaves-residue',
    'leaves-residue',
  ]);
  expect(cryptoErase('8:16')).toBe('not-possible');
});

it.each([
  ['CRYPT-LUKS1-x-data', '0', 'leaves-residue'],
  ['CRYPT-PLAIN-data', '1', 'unknown'],
  ['CRYPT-VERITY-x-data', '1', 'not-possible'],
])('%s on a disk that rotates: %s; destroying the key: %s', (uuid, rotational, reach) => {
  twoDisks(uuid, rotational);
  expect(cryptoErase('254:1')).toBe(reach);
});

it('ends where a stack leads to itself, and knows nothing of anonymous numbers', () => {
  device('virtual/block/dm-8', '254:8', { 'dm/uuid': '' }, ['virtual/block/dm-8']);
  expect(kinds('254:8').length).toBeLessThan(20);
  expect(readBlockStack('0:39', root)).toBeUndefined();
});

// Numbers from makedev(3) of glibc.
it.each([
  [0x801n, '8:1'],
  [0x10301n, '259:1'],
  [0xf420fe40n, '254:1000000'],
  [0x10092cn, '9:300'],
] as const)('takes device number %s apart as glibc does', (number, expected) => {
  expect(deviceNumber(number)).toBe(expected);
});

it('reads model and serial number that smartctl -j gives, and nothing from anything else', () => {
  const output = `{
  "json_format_version": [1, 0],
  "smartctl": { "version": [7, 4], "exit_status": 4 },
  "device": { "name": "/dev/sda", "type": "sat", "protocol": "ATA" },
  "model_name": "WDC WD10EZEX-08WN4A0",
  "serial_number": "WD-WCC6Y1234567",
  "firmware_version": "02.01A02"
}`;
  expect(parseSmartctl(output)).toEqual({ model: 'WDC WD10EZEX-08WN4A0', serial: 'WD-WCC6Y1234567' });
  for (const other of ['', 'null', '[]', '{"model_name": 7}', 'smartctl 7.4 ...']) {
    expect(parseSmartctl(other)).toEqual({ model: null, serial: null });
  }
});
