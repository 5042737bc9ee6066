import { createIdentity, requireIdentity, retireWithin, unlockIdentity } from '../identities/index.js';
import { badInput, type Identity, type Recipient } from '../model/index.js';
import type { Session } from '../session/index.js';
import type { StoreTransaction } from '../store/index.js';
import { instant } from '../workspace/index.js';
import { escrowOf, openEscrow } from './escrow.js';
import { holdersOf } from './key-holders.js';

export interface RotationRequest {
  /** The identity that is replaced. */
  name: string;
  /** Name of the new one; null for the next number behind the old name. */
  newName: string | null;
  /** Asks for the passphrase of the old identity; called only where kept passphrases are encrypted again. */
  ask: () => Promise<string>;
  /** Protects the new identity. */
  newPassphrase: string;
}

export interface Rotation {
  retired: Identity;
  created: Identity;
  /** Recipients of the register that had the old key and now have the new one. */
  recipients: readonly string[];
  /** Kept passphrases that were encrypted again for the new key. */
  escrows: number;
}

/**
 * Replaces an identity by a new one of its kind. Where the old key is registered as a recipient of this workspace, the
 * new one takes its place, and the passphrases that are kept for it are encrypted again. Files that others hold stay as
 * they are: the old identity is retired, not destroyed, and still opens them.
 *
 * @throws Fault `identity-retired`, and as `createIdentity` and `unlockIdentity`
 */
export async function rotateIdentity(session: Session, request: RotationRequest): Promise<Rotation> {
  const old = await requireIdentity(session, request.name);
  if (old.retiredAt !== null) {
    throw badInput('identity-retired', `The identity ${old.name} is retired already`, {
      hint: `See: quietus identity show ${old.name}`,
    });
  }
  const holders = await holdersOf(session, old);
  const kept = await keptPassphrases(session, old, holders, request.ask);
  const created = await createIdentity(
    session,
    {
      name: request.newName ?? (await nextName(session, old.name)),
      kind: old.kind,
      passphrase: request.newPassphrase,
    },
    async (transaction, identity) => {
      await retireWithin(session, transaction, old.name, identity.name);
      for (const holder of holders) await replaceKey(session, transaction, holder, identity, kept);
    },
  );
  const retired = await requireIdentity(session, old.name);
  return { retired, created, recipients: holders.map(({ name }) => name), escrows: kept.length };
}

interface KeptPassphrase {
  transfer: string;
  recipient: number;
  passphrase: string;
}

async function keptPassphrases(
  session: Session,
  old: Identity,
  holders: readonly Recipient[],
  ask: () => Promise<string>,
): Promise<KeptPassphrase[]> {
  const transfers = (
    await Promise.all(holders.map(({ id }) => session.store.transfers.escrowedTo(id)))
  ).flat();
  if (transfers.length === 0) return [];
  const key = await unlockIdentity(session, old, ask);
  const kept: KeptPassphrase[] = [];
  for (const { id, escrow, escrowRecipient } of transfers) {
    if (escrow === null || escrowRecipient === null) continue;
    kept.push({ transfer: id, recipient: escrowRecipient, passphrase: await openEscrow(escrow, key) });
  }
  return kept;
}

/** The new key needs no telephone call: it was made here, by who confirms it. */
async function replaceKey(
  session: Session,
  transaction: StoreTransaction,
  holder: Recipient,
  identity: Identity,
  kept: readonly KeptPassphrase[],
): Promise<void> {
  const at = instant(session.clock);
  const by = (await session.operator()).id;
  await transaction.recipients.remove(holder.id, { at, by });
  const recipient: Recipient = {
    ...holder,
    id: await transaction.recipients.nextId(),
    publicKey: identity.publicKey,
    fingerprint: identity.fingerprint,
    addedAt: at,
    addedBy: by,
    confirmedAt: at,
    confirmedBy: by,
    confirmedHow: 'own-key',
  };
  await transaction.recipients.insert(recipient);
  const own = kept.filter((each) => each.recipient === holder.id);
  for (const { transfer, passphrase } of own) {
    await transaction.transfers.update(transfer, {
      escrow: await escrowOf(passphrase, recipient),
      escrowRecipient: recipient.id,
    });
  }
  await session.recorder.append(transaction, {
    action: 'recipient.rotate',
    outcome: 'done',
    subject: { recipient: holder.name, identity: identity.name },
    data: { fingerprint: identity.fingerprint, former: holder.fingerprint, escrows: own.length },
  });
}

/** `records` becomes `records-2`, `records-2` becomes `records-3`. */
async function nextName(session: Session, name: string): Promise<string> {
  const [, stem = name, number] = /^(.*?)(?:-(\d{1,4}))?$/.exec(name) ?? [];
  for (let next = Number(number ?? 1) + 1; ; next += 1) {
    const candidate = `${stem}-${next}`;
    if (!(await session.store.identities.get(candidate))) return candidate;
  }
}
