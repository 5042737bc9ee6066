import { mkdir } from 'node:fs/promises';
import { badInput } from '../model/index.js';
import type { Session } from '../session/index.js';
import { instant, takeRunLock } from '../workspace/index.js';
import { archivePaths } from './archive-paths.js';
import { type KeyOpener, Keyring } from './keyring.js';

/** What can be shown of the archive key: nothing of it is secret. */
export interface ArchiveKeyFacts {
  generation: number;
  recipient: string;
  opener: KeyOpener;
  items: number;
}

/** The archive key of the workspace; null where there is none. */
export async function archiveKey(session: Session): Promise<ArchiveKeyFacts | null> {
  const keyring = await Keyring.latest(archivePaths(session).keys);
  return keyring === undefined ? null : factsOfKey(keyring);
}

/**
 * Makes the archive key of the workspace, which the keys of all items are encrypted to.
 *
 * @param passphrase for an opener of that kind, else null
 * @throws Fault `archive-key-exists` (exit 2), `run-lock-held`, `recipient-invalid`
 */
export async function makeArchiveKey(
  session: Session,
  opener: KeyOpener,
  passphrase: string | null,
): Promise<ArchiveKeyFacts> {
  const operator = await session.operator();
  const root = archivePaths(session).keys;
  const lock = await takeRunLock(session.paths.lock, {
    operator: operator.id,
    command: 'archive key',
    since: instant(session.clock),
  });
  try {
    if ((await Keyring.latest(root)) !== undefined) {
      throw badInput(
        'archive-key-exists',
        'The workspace has an archive key; it is changed by each erasure',
        {
          hint: 'See it with: quietus archive key',
        },
      );
    }
    await mkdir(root, { recursive: true, mode: 0o700 });
    const { keyring } = await Keyring.make(root, { generation: 1, opener, passphrase, items: new Map() });
    await session.store.transaction((transaction) =>
      session.recorder.append(transaction, {
        action: 'archive.key',
        outcome: 'done',
        data: { recipient: keyring.recipient, opened_by: opener.kind },
      }),
    );
    return factsOfKey(keyring);
  } finally {
    await lock.release();
  }
}

function factsOfKey(keyring: Keyring): ArchiveKeyFacts {
  return {
    generation: keyring.generation,
    recipient: keyring.recipient,
    opener: keyring.opener,
    items: keyring.ids().length,
  };
}
