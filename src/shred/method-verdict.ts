import type { Reason } from '../model/index.js';
import { type BlockLayer, isEncryptedInPart, isEncryptedThroughout, layersOf } from './block-stack.js';
import { surveyOf } from './file-survey.js';
import type { FileSystemFacts } from './file-system-facts.js';
import type { Assessment } from './medium-inspector.js';

/** How far a method reaches at a place. `unknown` where this program cannot find it out. */
export type Reach = 'in-place' | 'leaves-residue' | 'not-possible' | 'unknown';

/** What one method would achieve at a place. */
export interface MethodVerdict {
  method: 'overwrite' | 'free-space' | 'clear' | 'purge' | 'crypto-erase';
  reach: Reach;
  text: string;
}

/** What verdicts are derived from. */
export interface MediumFindings {
  kind: 'file' | 'folder' | 'device';
  assessment: Assessment | null;
  refusal: Reason | null;
  fileSystem: FileSystemFacts | null;
  /** The block devices of the place, each with what lies below it; a file system can lie on several. */
  devices: readonly BlockLayer[];
  /** Whether these are all. */
  allDevices: boolean;
  /** Why writing to them does not reach where their blocks were stored before. */
  storedAnew: readonly Reason[];
}

const disksOf = (devices: readonly BlockLayer[]): BlockLayer[] =>
  devices.flatMap(layersOf).filter(({ disk }) => disk !== null);

const isFlash = ({ disk }: BlockLayer): boolean =>
  disk?.rotational === false || disk?.transport === 'nvme' || disk?.transport === 'mmc';

function overwriting({ kind, assessment, refusal }: MediumFindings): MethodVerdict | undefined {
  if (assessment === null) return undefined;
  const verdict = (reach: Reach, text: string): MethodVerdict => ({ method: 'overwrite', reach, text });
  if (refusal !== null) return verdict('not-possible', `It would be refused: ${refusal.text}`);
  const each =
    kind === 'folder' && surveyOf(assessment) !== undefined
      ? ' Here it depends on each file; those are asked when they are disposed of.'
      : '';
  return assessment.residual.length > 0
    ? verdict(
        'leaves-residue',
        `Refused unless what is left behind is accepted; then the certificate says so.${each}`,
      )
    : verdict(
        'in-place',
        `Reaches the blocks that the file has now; partial sanitization (NIST SP 800-88 Rev. 2).${each}`,
      );
}

function fillingFreeSpace({ fileSystem, assessment }: MediumFindings): MethodVerdict | undefined {
  if (fileSystem === null || assessment === null) return undefined;
  const verdict = (reach: Reach, text: string): MethodVerdict => ({ method: 'free-space', reach, text });
  if (fileSystem.inMemory) return verdict('not-possible', 'The file system is kept in memory.');
  if (fileSystem.readOnly) return verdict('not-possible', 'The file system is mounted read-only.');
  if (assessment.residual.some(({ code }) => ['network-storage', 'user-space-file-system'].includes(code))) {
    return verdict('unknown', 'Where the file system stores content cannot be seen from here.');
  }
  return verdict(
    'leaves-residue',
    'Reaches most blocks of files that were deleted or shortened before, not all: a reserve, slack and records of the file system stay.',
  );
}

function clearing({ devices, storedAnew }: MediumFindings): Omit<MethodVerdict, 'method'> {
  const disks = disksOf(devices);
  if (disks.some(isFlash)) {
    return {
      reach: 'leaves-residue',
      text: 'Overwriting all addresses of the device does not reach spare and worn-out blocks.',
    };
  }
  if (storedAnew.some(({ code }) => code === 'image-storage')) {
    return {
      reach: 'leaves-residue',
      text: 'The device is a file, and where that is stored new content can go to a new place.',
    };
  }
  return disks.some(({ disk }) => disk?.transport === 'virtio')
    ? {
        reach: 'unknown',
        text: 'Overwriting all addresses reaches what the virtual disk gives out; where the host stores it cannot be seen from here.',
      }
    : {
        reach: 'in-place',
        text: 'Overwriting all addresses of the device reaches all that it still gives out.',
      };
}

function wholeDevice(findings: MediumFindings): MethodVerdict[] {
  const disks = disksOf(findings.devices);
  if (findings.fileSystem?.inMemory === true) return [];
  if (findings.devices.length === 0) {
    return (['clear', 'purge'] as const).map((method) => ({
      method,
      reach: 'unknown',
      text: 'Nothing is known about the device below.',
    }));
  }
  const able =
    disks.length > 0 && disks.every(({ disk }) => ['nvme', 'sata', 'scsi'].includes(disk?.transport ?? ''));
  const purge: MethodVerdict = {
    method: 'purge',
    reach: able ? 'unknown' : 'not-possible',
    text: able
      ? "Depends on the drive's own sanitize or secure-erase command; ask it with: quietus media sanitize --dry-run"
      : 'No drive with a sanitize command is seen here: virtual disks, images, memory cards and most USB bridges pass none on.',
  };
  return [{ method: 'clear', ...clearing(findings) }, purge];
}

/** A solid-state disk, or storage that writes to a new place, can keep older copies of the blocks that held key slots. */
function mayKeepKeySlots({ devices, storedAnew }: MediumFindings): boolean {
  const disks = disksOf(devices);
  return storedAnew.length > 0 || disks.length === 0 || disks.some(({ disk }) => disk?.rotational !== true);
}

function erasingTheKey(findings: MediumFindings): MethodVerdict {
  const { kind, devices, allDevices } = findings;
  const verdict = (reach: Reach, text: string): MethodVerdict => ({ method: 'crypto-erase', reach, text });
  if (!devices.some(isEncryptedInPart)) {
    return kind === 'device'
      ? verdict(
          'unknown',
          'Depends on what it holds, or on its own commands; ask with: quietus media sanitize --dry-run',
        )
      : verdict(
          'not-possible',
          'Nothing below is encrypted by this system. What was stored in the clear is not reached by a key.',
        );
  }
  if (!allDevices || !devices.every((each) => isEncryptedThroughout(each))) {
    return verdict(
      'leaves-residue',
      'Only a part of the devices below is encrypted. What was stored on the others is not reached by a key.',
    );
  }
  if (!devices.every((each) => isEncryptedThroughout(each, ['crypt']))) {
    return verdict(
      'unknown',
      'The volume is encrypted, but not all of it under LUKS headers; the keys of no others are destroyed by this program.',
    );
  }
  const unreadable =
    'The volume is encrypted: destroying its keys makes all of it unreadable, wherever copies of the blocks are, if no copy of a key or header is kept';
  return mayKeepKeySlots(findings)
    ? verdict(
        'leaves-residue',
        `${unreadable}; but this storage can keep older copies of the key slots, which overwriting does not reach.`,
      )
    : verdict('in-place', `${unreadable}.`);
}

/** What each method would achieve at a place, from what was found out about it. */
export function methodVerdicts(findings: MediumFindings): MethodVerdict[] {
  const forFiles = [overwriting(findings), fillingFreeSpace(findings)].filter((each) => each !== undefined);
  return [...forFiles, ...wholeDevice(findings), erasingTheKey(findings)];
}
