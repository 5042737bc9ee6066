import { requireSoundDatabase } from '../audit/index.js';
import { type CalendarDate, type Recipient, recipientState, refused } from '../model/index.js';
import type { Session } from '../session/index.js';
import { requireRecipientsAsLogged } from './recipient-evidence.js';
import { requireRecipient } from './recipient-register.js';
import { recordRefusal } from './refusal.js';

/** Those that a file is encrypted for. */
export interface Addressees {
  recipients: readonly Recipient[];
  /** The workspace's recovery recipients, confirmed and in force. */
  recovery: readonly Recipient[];
}

/**
 * The recipients of a file, each confirmed and in force, and as the log tells of them.
 *
 * @param names without doubles
 * @throws Fault `recipient-unknown` (exit 2), `recipient-unconfirmed`, `recipient-expired` (exit 4, recorded in the log),
 *   `schema-changed`, `table-damaged` (exit 5), and as `requireRecipientsAsLogged`
 */
export async function requireAddressees(session: Session, names: readonly string[]): Promise<Addressees> {
  const today = session.today();
  const recipients: Recipient[] = [];
  for (const name of new Set(names)) recipients.push(await requireRecipient(session, name));
  const recovery = await session.store.recipients.recovery();
  await requireSoundDatabase(session.store, ['recipients']);
  await requireRecipientsAsLogged(session.store, [...recipients, ...recovery]);
  for (const recipient of [...recipients, ...recovery]) {
    await recordRefusal(session, { action: 'transfer.encrypt', recipient: recipient.name }, async () =>
      requireInForce(recipient, today),
    );
  }
  return { recipients, recovery: recovery.filter(({ id }) => !recipients.some((each) => each.id === id)) };
}

function requireInForce(recipient: Recipient, today: CalendarDate): void {
  const { name } = recipient;
  const what = recipient.recovery ? 'recovery recipient' : 'recipient';
  switch (recipientState(recipient, today)) {
    case 'confirmed':
      return;
    case 'expired':
      throw refused('recipient-expired', `The ${what} ${name} expired on ${recipient.expiresOn}`, {
        hint: `If you may still send to it: quietus recipient remove ${name}, then quietus recipient add ${name} with its present key and a later --expires`,
      });
    default:
      throw refused('recipient-unconfirmed', `Nobody has confirmed the key of the ${what} ${name}`, {
        hint:
          recipient.fingerprint === null
            ? `Make sure who is at the other end, then run: quietus recipient confirm ${name} --how telephone`
            : `Have the fingerprint read out by telephone, then run: quietus recipient confirm ${name} --fingerprint HEX`,
      });
  }
}
