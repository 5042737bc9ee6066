import type { Reason } from '../model/index.js';

/** Why the erasure of a key is no more than that, and what can go wrong with an archive. Words never contain a path. */
const WORDS = {
  'key-copies-known':
    'The key of this archive was given out, and nobody stated that these copies are destroyed.',
  'key-backups-unstated':
    'Nobody stated that no backup of the key folder exists; a copy of it opens the archive together with its passphrase or identity.',
  'plaintext-copies-unstated':
    'Nobody stated that no copy of the content from before its encryption exists elsewhere (backups, synchronized copies).',
  'plaintext-on-medium':
    'The content lay unencrypted on the medium that holds the archive; NIST SP 800-88 counts a cryptographic erase only where it never did.',
  'plaintext-left': 'The content is still there unencrypted, or it is not certain that it is gone.',
  'key-file-residual': 'The file system or the medium can keep older copies of the key file.',
  'key-files-left': 'The old key files could not all be destroyed.',
  'still-opens': 'A key that still exists opens the archive.',
  'key-bytes-found': 'Bytes of the destroyed key stand in a file of the workspace.',
  'archive-absent': 'The encrypted file is not where it was written, so nothing could be tried on it.',
  'ciphertext-left':
    'The encrypted file of the workspace could not be removed; without a key it tells nothing.',
  'copies-of-archive': 'Copies of the encrypted file elsewhere are reached by the erasure of the key.',
} as const;

export type ArchiveReasonCode = keyof typeof WORDS;

/** The reason with this code; `detail` is appended in parentheses. */
export function archiveReason(code: ArchiveReasonCode, detail?: string): Reason {
  return { code, text: detail === undefined ? WORDS[code] : `${WORDS[code]} (${detail})` };
}
