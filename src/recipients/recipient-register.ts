import {
  badInput,
  type CalendarDate,
  type ConfirmationWay,
  keyKindOf,
  parseCalendarDate,
  type Recipient,
  type RecipientKind,
  refused,
  TRANSFER_FORMATS,
  type TransferFormat,
} from '../model/index.js';
import type { Session } from '../session/index.js';
import { instant } from '../workspace/index.js';
import { requireLine, requireRecipientName } from './handle.js';
import { type RecipientAddress, readRecipientKey } from './recipient-key.js';
import { recordRefusal } from './refusal.js';

/** The formats that can be encrypted for each kind of recipient. */
const POSSIBLE: Readonly<Record<RecipientKind, readonly TransferFormat[]>> = {
  age: ['age'],
  certificate: ['cms'],
  passphrase: ['age', 'zip', 'html'],
};
/** What somebody who has sent no key can be expected to open. */
const USUAL: Readonly<Record<RecipientKind, readonly TransferFormat[]>> = {
  ...POSSIBLE,
  passphrase: ['zip', 'html'],
};

export interface RecipientRequest {
  name: string;
  address: RecipientAddress;
  organization: string | null;
  contact: string | null;
  /** Formats that it can open; null for the usual ones of its kind. */
  formats: readonly TransferFormat[] | null;
  /** YYYY-MM-DD, the last day. */
  expiresOn: string | null;
  recovery: boolean;
}

/**
 * Registers a recipient. Nothing can be encrypted for it before its key was confirmed.
 *
 * @throws Fault `recipient-name-invalid`, `recipient-text-invalid`, `recipient-exists`, `recipient-formats-unfit`,
 *   `recipient-date-invalid`, `recipient-expired`, `recovery-exists`, `recovery-without-key` (exit 2), `recipient-key-known` (exit 4), and as
 *   `readRecipientKey`
 */
export async function addRecipient(session: Session, request: RecipientRequest): Promise<Recipient> {
  const name = requireRecipientName(request.name);
  const key = await recordRefusal(session, { action: 'recipient.add', recipient: name }, () =>
    readRecipientKey(request.address, session.clock.now()),
  );
  const { address, recovery } = request;
  const operator = await session.operator();
  const draft: Omit<Recipient, 'id'> = {
    name,
    ...key,
    channel: address.kind === 'passphrase' ? requireLine(address.value, '--passphrase-by') : null,
    organization: requireLine(request.organization, '--organization'),
    contact: requireLine(request.contact, '--contact'),
    formats: requireFormats(key.kind, request.formats),
    expiresOn: requireFuture(request.expiresOn, session.today()),
    recovery,
    addedAt: instant(session.clock),
    addedBy: operator.id,
    confirmedAt: null,
    confirmedBy: null,
    confirmedHow: null,
    removedAt: null,
    removedBy: null,
  };
  if (recovery && key.publicKey === null) {
    throw badInput(
      'recovery-without-key',
      'A recovery recipient has a key: nobody would keep its passphrases',
      {
        hint: 'Give --age or --certificate; quietus identity create makes a key',
      },
    );
  }
  return await session.store.transaction(async (transaction) => {
    const others = (await transaction.recipients.list()).filter(({ removedAt }) => removedAt === null);
    requireFree(draft, others);
    const recipient: Recipient = { ...draft, id: await transaction.recipients.nextId() };
    await transaction.recipients.insert(recipient);
    await session.recorder.append(transaction, {
      action: 'recipient.add',
      outcome: 'done',
      subject: { recipient: name },
      data: { kind: key.kind, fingerprint: key.fingerprint, expires_on: recipient.expiresOn, recovery },
    });
    return recipient;
  });
}

function requireFree(draft: Omit<Recipient, 'id'>, others: readonly Recipient[]): void {
  if (others.some(({ name }) => name === draft.name)) {
    throw badInput('recipient-exists', `There is a recipient ${draft.name} already`, {
      hint: `For a new key: quietus recipient remove ${draft.name}, then add it again and confirm the new key`,
    });
  }
  const same = others.find(({ fingerprint }) => fingerprint !== null && fingerprint === draft.fingerprint);
  if (same) {
    throw refused('recipient-key-known', `The key is registered already, as ${same.name}`, {
      hint: `Use --to ${same.name}; two parties that share one key are one recipient`,
    });
  }
  const recovery =
    draft.recovery && others.find((each) => each.recovery && keyKindOf(each) === keyKindOf(draft));
  if (recovery) {
    throw badInput(
      'recovery-exists',
      `The workspace has a recovery recipient of this kind: ${recovery.name}`,
      {
        hint: `Rotate it with quietus identity rotate, or: quietus recipient remove ${recovery.name}`,
      },
    );
  }
}

function requireFormats(
  kind: RecipientKind,
  wanted: readonly TransferFormat[] | null,
): readonly TransferFormat[] {
  if (wanted === null) return USUAL[kind];
  const unfit = wanted.filter((format) => !POSSIBLE[kind].includes(format));
  if (unfit.length === 0 && wanted.length > 0)
    return TRANSFER_FORMATS.filter((format) => wanted.includes(format));
  throw badInput(
    'recipient-formats-unfit',
    `A recipient of this kind can be sent ${POSSIBLE[kind].join(', ')}`,
    {
      hint: 'Leave --format out for the usual ones',
      details: { possible: POSSIBLE[kind] },
    },
  );
}

function requireFuture(text: string | null, today: CalendarDate): CalendarDate | null {
  if (text === null) return null;
  const date = parseCalendarDate(text);
  if (date === undefined) {
    throw badInput(
      'recipient-date-invalid',
      'The value of --expires is not an existing day written YYYY-MM-DD',
      {
        hint: 'Give the last day on which files may be sent: --expires 2027-06-30',
      },
    );
  }
  if (date >= today) return date;
  throw badInput('recipient-expired', 'The date of --expires has passed', {
    hint: 'Give the last day on which files may be sent, such as the end of the contract: YYYY-MM-DD',
  });
}

/**
 * Records that somebody made sure, by another way than the one on which the key came, that it is the recipient's.
 *
 * @param fingerprint what the recipient said: SHA-256, hex; spaces and colons are passed over; null for a passphrase
 * @throws Fault `recipient-unknown`, `recipient-confirmed`, `confirmation-way-needed`, `fingerprint-needed` (exit 2),
 *   `fingerprint-differs` (exit 4)
 */
export async function confirmRecipient(
  session: Session,
  request: { name: string; fingerprint: string | null; how: ConfirmationWay | null },
): Promise<Recipient> {
  const operator = await session.operator();
  const recipient = await requireRecipient(session, request.name);
  if (recipient.confirmedAt !== null) {
    throw badInput('recipient-confirmed', `The recipient ${recipient.name} is confirmed already`, {
      hint: `See: quietus recipient show ${recipient.name}`,
    });
  }
  await recordRefusal(session, { action: 'recipient.confirm', recipient: recipient.name }, () =>
    requireMatch(recipient, request),
  );
  return await session.store.transaction(async (transaction) => {
    const confirmation = { at: instant(session.clock), by: operator.id, how: request.how };
    if (!(await transaction.recipients.confirm(recipient.id, confirmation))) {
      throw refused('recipient-changed', 'The recipient was changed meanwhile; nothing was done', {
        hint: 'See: quietus recipient list --all',
      });
    }
    await session.recorder.append(transaction, {
      action: 'recipient.confirm',
      outcome: 'done',
      subject: { recipient: recipient.name },
      data: { fingerprint: recipient.fingerprint, how: request.how },
    });
    return {
      ...recipient,
      confirmedAt: confirmation.at,
      confirmedBy: confirmation.by,
      confirmedHow: confirmation.how,
    };
  });
}

async function requireMatch(
  recipient: Recipient,
  { fingerprint, how }: { fingerprint: string | null; how: ConfirmationWay | null },
): Promise<void> {
  if (recipient.fingerprint === null) {
    if (fingerprint === null && how !== null) return;
    throw badInput(
      'confirmation-way-needed',
      `The recipient ${recipient.name} has no key: say how you made sure who is at the other end`,
      { hint: `quietus recipient confirm ${recipient.name} --how telephone` },
    );
  }
  if (fingerprint === null) {
    throw badInput('fingerprint-needed', 'The fingerprint that the recipient reads out is needed', {
      hint: `quietus recipient confirm ${recipient.name} --fingerprint HEX`,
    });
  }
  const digits = fingerprint.replaceAll(/[\s:]/g, '').toLowerCase();
  if (digits === recipient.fingerprint) return;
  throw refused(
    'fingerprint-differs',
    `The fingerprint is not that of the key registered for ${recipient.name}`,
    {
      hint: /^[0-9a-f]{64}$/.test(digits)
        ? 'Have it read out again by telephone at a number that you knew before; if it still differs, remove the recipient and ask for the key again'
        : 'It has 64 digits of 0-9 and a-f, spaces and colons not counted: give all of them, and nothing else',
    },
  );
}

/**
 * Takes a recipient out of use. It stays in the register and in the log as removed.
 *
 * @throws Fault `recipient-unknown`
 */
export async function removeRecipient(session: Session, name: string): Promise<Recipient> {
  const operator = await session.operator();
  const recipient = await requireRecipient(session, name);
  return await session.store.transaction(async (transaction) => {
    const removal = { at: instant(session.clock), by: operator.id };
    if (!(await transaction.recipients.remove(recipient.id, removal))) throw unknownRecipient(name);
    await session.recorder.append(transaction, {
      action: 'recipient.remove',
      outcome: 'done',
      subject: { recipient: name },
      data: { fingerprint: recipient.fingerprint, recovery: recipient.recovery },
    });
    return { ...recipient, removedAt: removal.at, removedBy: removal.by };
  });
}

/** @throws Fault `recipient-unknown` */
export async function requireRecipient(session: Session, name: string): Promise<Recipient> {
  const recipient = await session.store.recipients.named(name);
  if (recipient === undefined) throw unknownRecipient(name);
  return recipient;
}

function unknownRecipient(name: string): Error {
  // What was typed instead of a name could be anything.
  const shown = /^[a-z0-9._-]{1,32}$/.test(name) ? ` ${name}` : ' of that name';
  return badInput('recipient-unknown', `There is no recipient${shown}`, {
    hint: 'See: quietus recipient list; add one with: quietus recipient add NAME --age age1...',
  });
}
