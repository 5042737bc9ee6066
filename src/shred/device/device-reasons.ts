import type { Reason } from '../../model/index.js';

/** What can be wrong with a device, and what no technique reaches. Codes are stable; words name no person and no path. */
const WORDS = {
  'not-whole-device': 'It is a part of a device; a medium is sanitized as a whole.',
  'stacked-device': 'It lies on other devices (RAID, logical volume, mapping); name the disk below it.',
  'no-medium': 'No medium is in it: there is nothing to read or to write.',
  'read-only': 'The device is read-only.',
  mounted: 'A file system on it is mounted.',
  swap: 'It is in use as swap.',
  held: 'Another device is built on it (LVM, RAID, dm-crypt, loop).',
  busy: 'The kernel or another program holds it open for itself.',
  'array-member': 'It carries the signature of an array or volume group.',
  'signature-unknown': 'Whether it belongs to an array could not be found out.',
  'protected-path': 'What it stands for is or holds something of this program or of its workspace.',
  'several-namespaces': 'The controller has further namespaces, which the command would erase too.',
  'hidden-area': 'A host protected area or a configuration overlay hides a part of the medium.',
  'hidden-area-unknown': 'Whether a part of the medium is hidden (HPA, DCO) could not be read.',
  frozen: 'The security state of the device is frozen, so it refuses to erase itself.',
  locked: 'The device is locked by a password.',
  'sanitize-running': 'A sanitize operation is already under way on the device.',
  'no-technique': 'The device and the tools on this machine offer no technique for this method.',
  residual: 'With this technique data can be left behind; this was not accepted, and nothing was written.',
  changed: 'The device is not the one that was looked at: serial number or size differ.',
  'tool-failed': 'The tool ended with an error.',
  'tool-missing': 'A tool that is needed is not installed.',
  'not-accepted': 'The device did not accept the command.',
  'device-failed': 'The device says that the operation failed.',
  stalled: 'The device reported no progress for a long time; it may still be working.',
  'time-out': 'The operation did not end in the time that was allowed; the device may still be working.',
  stopped: 'It was stopped before it was complete.',
  'no-completion': 'The device does not say that this operation is complete.',
  'marks-found':
    'What was written before as a mark is still there: the tool reported success and did not erase.',
  'marks-refused':
    'The device took no mark beforehand, so that nothing but its own word says that anything was erased.',
  'content-left': 'What was read back is not what the technique leaves.',
  'read-errors': 'A part of the device could not be read back.',
  'bad-blocks': 'A part of the device could not be written; what it held is still there.',
  'key-slots-left': 'The header still holds a key slot.',
  'cut-off': 'An earlier attempt was cut off, and the device does not say what became of it.',
  'key-copies-unattested':
    'Nobody stated that no copy of the key exists elsewhere (header backups, escrow, recovery keys).',
  'plaintext-unattested': 'Nobody stated that the medium held no plaintext before it was encrypted.',
  'key-slots-on-flash':
    'The key slots were overwritten by the host; a solid-state disk can keep older copies of these blocks.',
  'spare-areas':
    'Over-provisioned, spare and reallocated blocks cannot be read by the host; what they hold is the word of the device.',
  'overwrite-addressable':
    'Overwriting reaches what the host can address, and neither spare nor reallocated blocks of flash and disks.',
  'device-word': 'That the erasure is complete inside the device rests on what the device reports of itself.',
  'sampled-only': 'Only a part was read back: the rest is inferred from random samples.',
  'erasure-unreadable':
    'Reading cannot tell ciphertext under a lost key from ciphertext under a key that still exists.',
  'page-cache':
    'Reading past the page cache was not possible, so a part of the verification may rest on the cache.',
  'virtual-backing':
    'Below this device lie files or other storage that can keep older copies (snapshots, backups).',
  'stored-anew':
    'What is written to this device can go to a new place in the storage below it, and what it held before stays there.',
  'bridge-unknown':
    'A USB bridge or controller in between can hide the device and answer for it; reading shows what it returns.',
} as const;

export type DeviceReasonCode = keyof typeof WORDS;

/** The reason with this code; `detail` is appended in parentheses and names neither a path nor a person. */
export function deviceReason(code: DeviceReasonCode, detail?: string): Reason {
  return { code, text: detail === undefined ? WORDS[code] : `${WORDS[code]} (${detail})` };
}
