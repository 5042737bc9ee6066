import type { Reason } from '../model/index.js';

const WORDS = {
  'flash-translation':
    'Solid-state disks, memory cards and USB sticks keep spare and worn-out blocks that no overwriting of a file reaches.',
  'journal-copies':
    "The file system's journal and directories can keep copies of names, and of content that was stored or logged there.",
  'older-versions':
    'Versions that were saved earlier by replacing, shortening or moving the file, and temporary, swap and hibernation copies, are not reached.',
  'backups-and-snapshots':
    'Backups, synchronized copies, and snapshots of the disk or of a virtual machine are not reached.',
  'virtual-storage':
    'Below the file system, RAID, logical volumes, thin or virtual disks and storage arrays can write to a new place instead of the old one.',
  'extended-attributes':
    'Extended attributes, access lists and alternate streams are released with the file and not overwritten.',
  'device-cache':
    'Reading back shows what the device returns for these addresses, not every place where it ever stored them.',
  'image-cache':
    'The file system lies in an image file, which the loop device reads through the page cache: what was read back need not come from the medium.',
  swap: 'The file is held in memory; its pages can have been written to swap.',
  'shared-extents':
    'The file shares blocks with another file or a snapshot (reflink copy); new content goes elsewhere, and the old content stays there.',
  'extents-unknown':
    'Files can share blocks on this file system, and whether this one does could not be found out (filefrag).',
  'path-addressing':
    'On this platform folders are addressed by path, so a folder that is swapped at the same moment is found only by comparison.',
  'copy-on-write':
    'The file system writes new content to a new place; the old blocks stay until they are reused.',
  'log-structured':
    'The file system appends new content to a log; the old blocks stay until they are cleaned and reused.',
  'overlay-lower-layer':
    'This is an overlay: content that comes from a lower layer is copied before it is written to, and stays in that layer.',
  'network-storage': 'The files lie on another machine, which decides where and how often content is stored.',
  'user-space-file-system':
    'The file system is a program (FUSE) or passed through from a host; where it stores content cannot be seen from here.',
  'data-journal':
    'Content is written to the journal before its place (data=journal); copies stay in the journal.',
  'journal-attribute':
    'Content of files with the attribute j (chattr) is written to the journal before its place, and copies stay there; the file has it, or that could not be found out (lsattr).',
  'inline-data':
    'The file system keeps the content of a small file in its inode (inline_data); overwriting moves it to a block and need not reach where it was.',
  'free-space-reserve':
    'A part of the free space stays free so that other programs go on, and blocks that the file system keeps for the administrator are not given out.',
  'free-space-slack': 'The unused rest of the last block of each file that exists is not reached.',
  'free-space-metadata':
    'Journals, folders, unused inodes and other records of the file system itself, with names and small content in them, are not reached; nor are the few free blocks that it took for such records while it was filled.',
  'free-space-in-use':
    'What is still in use is not free: snapshots, copies that share blocks, other files, other partitions.',
  'volume-snapshot':
    'A logical volume below is thin, a snapshot or has one; new content can go to a new place, and the old blocks stay.',
  'mapping-unknown':
    'A device that software makes lies below (a mapping), and where it stores new content could not be found out.',
  'cache-device': 'A caching device lies below; copies of the content can stay on it.',
  'image-storage':
    'The file system lies in an image file (loop device), and where that is stored new content can go to a new place.',
  'file-system-unknown': 'Nothing is known about how this file system stores content.',
} as const;

export type MediumReasonCode = keyof typeof WORDS;

export function isMediumReasonCode(code: string): code is MediumReasonCode {
  return Object.hasOwn(WORDS, code);
}

/** A limit or a residual reason with this code; `detail` is appended in parentheses. */
export function mediumReason(code: MediumReasonCode, detail?: string): Reason {
  return { code, text: detail === undefined ? WORDS[code] : `${WORDS[code]} (${detail})` };
}

/** What overwriting files in place never reaches, on any medium; printed on every certificate. */
export const METHOD_LIMITS: readonly Reason[] = [
  mediumReason('flash-translation'),
  mediumReason('journal-copies'),
  mediumReason('older-versions'),
  mediumReason('backups-and-snapshots'),
  mediumReason('virtual-storage'),
  mediumReason('extended-attributes'),
  mediumReason('device-cache'),
];
