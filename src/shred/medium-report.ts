import { lstatSync, realpathSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { badInput, type Reason } from '../model/index.js';
import { type BlockLayer, deviceNumber, layersOf, readBlockStack } from './block-stack.js';
import { createExaminer } from './disk-examiner.js';
import type { Examination } from './examination.js';
import { type FileSystemFacts, fileSystemFacts } from './file-system-facts.js';
import { residualOfDevice } from './linux-medium-inspector.js';
import type { Assessment } from './medium-inspector.js';
import { type MethodVerdict, methodVerdicts } from './method-verdict.js';
import { blockNumbersOf } from './mount-devices.js';
import { MountTable } from './mount-table.js';
import { createMediumInspector } from './platform-inspector.js';
import { runSystemToolNow } from './system-tool.js';
import { isVirtualMachine } from './virtual-machine.js';

/** Everything that can be found out about a place before anything is destroyed there. */
export interface MediumReport {
  kind: 'file' | 'folder' | 'device';
  platform: string;
  /** Null for a device. */
  fileSystem: FileSystemFacts | null;
  /** From the file system down; empty where the kernel tells nothing. */
  layers: BlockLayer[];
  /** What this claims of rotating disks is often wrong. */
  virtualMachine: boolean;
  /** Null for a device. */
  assessment: Assessment | null;
  /** Why `destroy` would refuse the file or folder as it stands; null where it would not. */
  refusal: Reason | null;
  methods: MethodVerdict[];
}

/** What is at the path, without following a link there. */
function kindAt(path: string): MediumReport['kind'] {
  let stat: ReturnType<typeof lstatSync>;
  try {
    stat = lstatSync(path);
  } catch {
    throw badInput(
      'nothing-to-inspect',
      'There is nothing at this path, or this account may not look at it',
      {
        hint: 'Check the spelling, and whether the volume is mounted',
      },
    );
  }
  if (stat.isBlockDevice()) return 'device';
  if (stat.isFile()) return 'file';
  if (stat.isDirectory()) return 'folder';
  throw badInput('nothing-to-inspect', 'This is no file, folder or block device; links are not followed', {
    hint: 'Give the path that the link leads to',
  });
}

/** Takes what `examine` found of the item itself; where it would refuse, what is known of the place. */
function judged(examined: Examination, place: Assessment): Pick<MediumReport, 'assessment' | 'refusal'> {
  return examined.status === 'ready'
    ? { assessment: examined.assessment, refusal: null }
    : { assessment: place, refusal: examined.reason };
}

/** @param path absolute */
function inspectPath(path: string, kind: 'file' | 'folder', protectedPaths: readonly string[]): MediumReport {
  const parent = realpathSync.native(kind === 'folder' ? path : dirname(path));
  const inspector = createMediumInspector();
  const place = inspector.inspect(parent).assessment;
  const mount = MountTable.read()?.mountOf(parent);
  const numbers = mount === undefined ? [] : blockNumbersOf(mount);
  const devices = numbers.flatMap((number) => readBlockStack(number) ?? []);
  // A folder is not walked through: that of a whole disk may hold millions of files.
  const examined: Examination | undefined =
    kind === 'file' ? createExaminer({ protectedPaths, inspector }).examineNow(path, kind) : undefined;
  const found = examined === undefined ? { assessment: place, refusal: null } : judged(examined, place);
  const fileSystem = fileSystemFacts(parent, place.fileSystem, mount);
  return {
    kind,
    platform: process.platform,
    fileSystem,
    layers: devices.flatMap((each) => layersOf(withImages(each))),
    virtualMachine: isVirtualMachine(),
    ...found,
    methods: methodVerdicts({
      kind,
      assessment: found.assessment,
      refusal: found.refusal,
      fileSystem,
      devices,
      allDevices: devices.length === numbers.length,
      storedAnew: numbers.flatMap(residualOfDevice),
    }),
  };
}

function inspectDevice(path: string): MediumReport {
  const { rdev } = lstatSync(path, { bigint: true });
  const number = deviceNumber(rdev);
  const devices = [readBlockStack(number) ?? []].flat();
  return {
    kind: 'device',
    platform: process.platform,
    fileSystem: null,
    layers: devices.flatMap((each) => layersOf(withImages(each))).map(withSerialOf),
    virtualMachine: isVirtualMachine(),
    assessment: null,
    refusal: null,
    methods: methodVerdicts({
      ...{ kind: 'device', assessment: null, refusal: null, fileSystem: null },
      devices,
      allDevices: true,
      storedAnew: residualOfDevice(number),
    }),
  };
}

/**
 * The stack with what the image behind a loop device is stored on below that device. Only for people to look at: what
 * overwriting the device reaches is decided by the image's file system, too.
 */
function withImages(layer: BlockLayer, above: readonly string[] = []): BlockLayer {
  // A mount table that was changed while it was read can seem to lead around in a circle.
  if (above.includes(layer.number)) return layer;
  const image = layer.kind === 'loop' ? layer.detail : null;
  const mount = image === null ? undefined : MountTable.read()?.mountOf(image);
  const stored = mount === undefined ? [] : blockNumbersOf(mount);
  const below = [...layer.below, ...stored.flatMap((number) => readBlockStack(number) ?? [])];
  return { ...layer, below: below.map((each) => withImages(each, [...above, layer.number])) };
}

/** Model and serial number as the disk itself gives them, where smartctl is there and may ask. */
function withSerialOf(layer: BlockLayer): BlockLayer {
  if (layer.disk === null || (layer.disk.serial !== null && layer.disk.model !== null)) return layer;
  const run = runSystemToolNow('smartctl', ['-j', '-i', `/dev/${layer.name}`], { timeoutMs: 10_000 });
  if (run.status === 'missing') return layer;
  const { model, serial } = parseSmartctl(run.stdout);
  return {
    ...layer,
    disk: { ...layer.disk, model: layer.disk.model ?? model, serial: layer.disk.serial ?? serial },
  };
}

/** Reads the output of `smartctl -j -i`; it ends with bits that say more than success, so its status says little. */
export function parseSmartctl(output: string): { model: string | null; serial: string | null } {
  const word = (value: unknown): string | null =>
    typeof value === 'string' && value.trim() !== '' ? value.trim().slice(0, 200) : null;
  try {
    const found: unknown = JSON.parse(output);
    if (typeof found !== 'object' || found === null) return { model: null, serial: null };
    const facts = found as Record<string, unknown>;
    return { model: word(facts.model_name), serial: word(facts.serial_number) };
  } catch {
    return { model: null, serial: null };
  }
}

/**
 * Says what a file, folder or block device is stored on, and what each method of sanitization would achieve there. Reads
 * only; names no file.
 *
 * @param path of a file, folder or block device; made absolute, and not followed where it is a link
 * @throws Fault `nothing-to-inspect` (exit 2)
 */
export function inspectMedium(path: string, protectedPaths: readonly string[] = []): MediumReport {
  const absolute = resolve(path);
  const kind = kindAt(absolute);
  return kind === 'device' ? inspectDevice(absolute) : inspectPath(absolute, kind, protectedPaths);
}
