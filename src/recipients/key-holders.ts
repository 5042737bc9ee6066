import type { Identity, Recipient } from '../model/index.js';
import type { Session } from '../session/index.js';

/** Recipients of the register that have the key of an identity of this workspace: files are encrypted for it. */
export async function holdersOf(session: Session, identity: Identity): Promise<Recipient[]> {
  return (await session.store.recipients.list()).filter(
    ({ fingerprint, removedAt }) => fingerprint === identity.fingerprint && removedAt === null,
  );
}
