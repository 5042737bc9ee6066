import type { Reason } from '../model/index.js';
import type { BlockLayer } from './block-stack.js';
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
  layers: readonly BlockLayer[];
}

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

function wholeDevice({ layers, fileSystem }: MediumFindings): MethodVerdict[] {
  const disks = layers.filter(({ disk }) => disk !== null);
  if (fileSystem?.inMemory === true) return [];
  if (layers.length === 0) {
    return (['clear', 'purge'] as const).map((method) => ({
      method,
      reach: 'unknown',
      text: 'Nothing is known about the device below.',
    }));
  }
  const flash = disks.some(isFlash);
  const virtual = disks.some(({ disk }) => disk?.transport === 'virtio');
  const clear: MethodVerdict = {
    method: 'clear',
    reach: flash ? 'leaves-residue' : virtual ? 'unknown' : 'in-place',
    text: flash
      ? 'Overwriting all addresses of the device does not reach spare and worn-out blocks.'
      : virtual
        ? 'Overwriting all addresses reaches what the virtual disk gives out; where the host stores it cannot be seen from here.'
        : 'Overwriting all addresses of the device reaches all that it still gives out.',
  };
  const able =
    disks.length > 0 && disks.every(({ disk }) => ['nvme', 'sata', 'scsi'].includes(disk?.transport ?? ''));
  const purge: MethodVerdict = {
    method: 'purge',
    reach: able ? 'unknown' : 'not-possible',
    text: able
      ? "Depends on the drive's own sanitize or secure-erase command; ask it with: quietus media sanitize --dry-run"
      : 'No drive with a sanitize command is seen here: virtual disks, images, memory cards and most USB bridges pass none on.',
  };
  return [clear, purge];
}

function erasingTheKey({ layers }: MediumFindings): MethodVerdict {
  const encrypted = layers.some(({ kind }) => kind === 'crypt');
  return {
    method: 'crypto-erase',
    reach: encrypted ? 'in-place' : 'not-possible',
    text: encrypted
      ? 'The volume is encrypted: destroying its keys makes all of it unreadable, wherever copies of the blocks are, if no copy of a key or header is kept.'
      : 'Nothing below is encrypted by this system. What was stored in the clear is not reached by a key.',
  };
}

/** What each method would achieve at a place, from what was found out about it. */
export function methodVerdicts(findings: MediumFindings): MethodVerdict[] {
  const forFiles = [overwriting(findings), fillingFreeSpace(findings)].filter((each) => each !== undefined);
  return [...forFiles, ...wholeDevice(findings), erasingTheKey(findings)];
}
