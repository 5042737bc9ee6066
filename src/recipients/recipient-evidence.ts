import {
  entriesOf,
  type LogEntry,
  newestCheckpoint,
  proveEntries,
  whileNothingComes,
} from '../audit/index.js';
import { ageFingerprint, readCertificate } from '../crypto/index.js';
import { type Recipient, verificationFailed } from '../model/index.js';
import type { Repositories } from '../store/index.js';

const ACTIONS = ['recipient.add', 'recipient.confirm', 'recipient.remove', 'recipient.rotate'] as const;

/** What the log tells of a recipient that is in use. */
interface Told {
  fingerprint: unknown;
  expiresOn: unknown;
  recovery: boolean;
  confirmed: boolean;
  /** The entries that tell it. */
  seqs: number[];
}

/**
 * Compares recipients with the log before anything is encrypted for them: whoever can write to the database alone must not
 * put a key of their own in the place of another, confirm it, or take the recovery recipient away. The entries that tell of
 * them are proved to be those that a checkpoint has signed (RFC 6962, section 2.1.1); without that, of the log itself only
 * these entries are looked at.
 *
 * @param recipients those to look at
 * @throws Fault `recipient-differs`, `log-entry-changed`, `log-inconsistent` (exit 5)
 */
export async function requireRecipientsAsLogged(
  repositories: Repositories,
  recipients: readonly Recipient[],
): Promise<void> {
  await whileNothingComes(repositories, ACTIONS, async () => {
    const told = await toldByLog(repositories);
    const recovery = (await repositories.recipients.recovery()).map(({ name }) => name);
    for (const [name, { recovery: forRecovery }] of told) {
      if (forRecovery && !recovery.includes(name)) throw differs(name);
    }
    for (const recipient of recipients) {
      const logged = told.get(recipient.name);
      if (logged === undefined || !agrees(recipient, logged)) throw differs(recipient.name);
    }
    await requireSigned(
      repositories,
      recipients.flatMap(({ name }) => told.get(name)?.seqs ?? []),
    );
  });
}

async function toldByLog(repositories: Repositories): Promise<Map<string, Told>> {
  const entries: LogEntry[] = [];
  for (const action of ACTIONS) {
    for await (const entry of entriesOf(repositories, action)) entries.push(entry);
  }
  const told = new Map<string, Told>();
  for (const entry of entries.sort((one, other) => one.seq - other.seq)) take(entry, told);
  return told;
}

function take({ seq, action, subject, data }: LogEntry, told: Map<string, Told>): void {
  const name = String(subject.recipient);
  const known = told.get(name);
  if (action === 'recipient.remove') told.delete(name);
  else if (action === 'recipient.add') {
    const { fingerprint, expires_on: expiresOn } = data;
    // Entries of earlier versions leave it out where it is false.
    const recovery = data.recovery === true;
    told.set(name, { fingerprint, expiresOn, recovery, confirmed: false, seqs: [seq] });
  } else if (known !== undefined && action === 'recipient.rotate') {
    told.set(name, { ...known, fingerprint: data.fingerprint, confirmed: true, seqs: [...known.seqs, seq] });
  } else if (known !== undefined && known.fingerprint === data.fingerprint) {
    told.set(name, { ...known, confirmed: true, seqs: [...known.seqs, seq] });
  }
}

function agrees(recipient: Recipient, { fingerprint, expiresOn, recovery, confirmed }: Told): boolean {
  return (
    recipient.fingerprint === fingerprint &&
    recipient.expiresOn === expiresOn &&
    recipient.recovery === recovery &&
    (recipient.confirmedAt === null || confirmed) &&
    hasOwnFingerprint(recipient)
  );
}

/** The key itself is in the database only: by its fingerprint the log tells which it is. */
function hasOwnFingerprint({ kind, publicKey, fingerprint }: Recipient): boolean {
  if (kind === 'passphrase') return publicKey === null && fingerprint === null;
  if (publicKey === null) return false;
  try {
    return (
      fingerprint === (kind === 'age' ? ageFingerprint(publicKey) : readCertificate(publicKey).fingerprint)
    );
  } catch {
    return false;
  }
}

/** Entries that no checkpoint covers yet are chained and no more: the command that wrote them was cut off, or had no key. */
async function requireSigned(repositories: Repositories, seqs: readonly number[]): Promise<void> {
  const head = await newestCheckpoint(repositories);
  if (head === undefined) return;
  await proveEntries(
    repositories,
    seqs.filter((seq) => seq <= head.size),
    head,
  );
}

function differs(name: string): Error {
  return verificationFailed(
    'recipient-differs',
    `What the database holds of the recipient ${name} is not what the log tells`,
    {
      hint: 'Somebody changed the database. Encrypt nothing, run: quietus log verify, and keep the workspace as it is',
      details: { recipient: name },
    },
  );
}
