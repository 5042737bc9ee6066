import { openCheckpoint, proveEntry } from '../audit/index.js';
import { parseNoteKey } from '../crypto/index.js';
import { Fault } from '../model/index.js';
import type { Store } from '../store/index.js';
import type { CertificateDocument } from './certificate-format.js';
import { type CheckResult, check } from './check-result.js';

/** Whether the checkpoint in a document is one of this workspace's log, over the entries that the log has now. */
export async function checkpointCheck(store: Store, document: CertificateDocument): Promise<CheckResult> {
  const { checkpoint: note, last_seq: last } = document.log;
  if (note === null) return check('checkpoint', null, 'The document has no checkpoint of the log');
  const keys = (await store.logTree.keys()).flatMap(({ key }) => parseNoteKey(key) ?? []);
  const opened = openCheckpoint(note, keys);
  if (opened === null)
    return check('checkpoint', false, 'The checkpoint was not signed by a key of the log of this workspace');
  try {
    await proveEntry(store, last, opened);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return check('checkpoint', false, `The checkpoint is not of this log: ${error.message}`);
  }
  return check(
    'checkpoint',
    true,
    `The checkpoint over ${opened.size} entries was signed by a key of this log, and has entry ${last}`,
  );
}
