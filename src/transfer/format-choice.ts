import {
  badInput,
  keyKindOf,
  type Recipient,
  type RecipientKind,
  refused,
  TRANSFER_FORMATS,
  type TransferFormat,
} from '../model/index.js';

/** How a file is encrypted, and for whom. */
export interface FormatChoice {
  format: TransferFormat;
  /** Whether one passphrase opens it instead of keys. */
  byPassphrase: boolean;
  /** Recovery recipients that are added to the file. */
  recovery: readonly Recipient[];
  /** The recovery recipient that gets an escrow copy of the passphrase. */
  escrow: Recipient | null;
  /** Why no recovery recipient can open the file; null where one can. */
  unrecoverable: 'none-registered' | 'format' | 'post-quantum' | null;
}

/** Largest plaintext of the page that decrypts itself, in bytes. */
const HTML_BYTES = 10_000_000;
/** OpenSSL holds a CMS file in memory and fails near 2 GiB. */
const CMS_BYTES = 1534 * 1024 ** 2;

/**
 * Chooses the format that all recipients can open; age where they can, then CMS, zip, html.
 *
 * @param wanted the format that a person asked for; null for the first that fits
 * @param size of the plaintext in bytes; null where it is not known
 * @throws Fault `recipients-unlike`, `format-unfit`, `too-large` (exit 2), `recovery-required` (exit 4)
 */
export function chooseFormat(
  recipients: readonly Recipient[],
  options: {
    wanted: TransferFormat | null;
    size: number | null;
    recovery: readonly Recipient[];
    /** Policy: refuse files that no recovery recipient can open. */
    requireRecovery: boolean;
  },
): FormatChoice {
  const kind = commonKind(recipients);
  const common = TRANSFER_FORMATS.filter((format) =>
    recipients.every(({ formats }) => formats.includes(format)),
  );
  const { wanted, size } = options;
  if (wanted !== null && !common.includes(wanted)) throw formatUnfit(recipients, wanted, common);
  const fitting = common.filter((format) => format !== 'html' || size === null || size <= HTML_BYTES);
  const format = wanted ?? fitting[0] ?? common[0];
  if (format === undefined) throw recipientsUnlike(recipients);
  requireSize(format, size);
  const byPassphrase = kind === 'passphrase';
  const choice = { format, byPassphrase, ...recoveryOf(recipients, byPassphrase, options.recovery) };
  if (options.requireRecovery && choice.unrecoverable !== null)
    throw recoveryRequired(choice.unrecoverable, format);
  return choice;
}

function commonKind(recipients: readonly Recipient[]): RecipientKind {
  const kinds = new Set(recipients.map(({ kind }) => kind));
  const [kind] = kinds;
  if (kind !== undefined && kinds.size === 1) return kind;
  throw recipientsUnlike(recipients);
}

function recoveryOf(
  recipients: readonly Recipient[],
  byPassphrase: boolean,
  registered: readonly Recipient[],
): Pick<FormatChoice, 'recovery' | 'escrow' | 'unrecoverable'> {
  const own = recipients.some(({ recovery }) => recovery);
  if (own) return { recovery: [], escrow: null, unrecoverable: null };
  const [first] = registered;
  if (first === undefined) return { recovery: [], escrow: null, unrecoverable: 'none-registered' };
  if (byPassphrase) return { recovery: [], escrow: first, unrecoverable: null };
  // Those of one file have keys of one kind: age itself refuses to mix them.
  const kind = keyKindOf(recipients[0] as Recipient);
  const fit = registered.find((each) => keyKindOf(each) === kind);
  if (fit !== undefined) return { recovery: [fit], escrow: null, unrecoverable: null };
  return { recovery: [], escrow: null, unrecoverable: kind === 'age-pq' ? 'post-quantum' : 'format' };
}

function requireSize(format: TransferFormat, size: number | null): void {
  if (size === null) return;
  if (format === 'html' && size > HTML_BYTES) {
    throw badInput('too-large', 'The page that decrypts itself holds at most 10 MB', {
      hint: 'Use --format zip, or send it in parts',
      details: { bytes: size },
    });
  }
  if (format === 'cms' && size > CMS_BYTES) {
    throw badInput(
      'too-large',
      'openssl cannot open CMS files of 1.5 GiB and more: it holds them in memory',
      {
        hint: 'Ask the recipient for an age key, or send it in parts',
        details: { bytes: size },
      },
    );
  }
}

function recipientsUnlike(recipients: readonly Recipient[]): Error {
  return badInput('recipients-unlike', 'There is no format that all of these recipients can open', {
    hint: `Encrypt once for each: ${recipients.map(({ name }) => `--to ${name}`).join(', then ')}`,
    details: { recipients: recipients.map(({ name, kind, formats }) => ({ name, kind, formats })) },
  });
}

function formatUnfit(
  recipients: readonly Recipient[],
  wanted: TransferFormat,
  common: readonly TransferFormat[],
): Error {
  const unable = recipients.filter(({ formats }) => !formats.includes(wanted)).map(({ name }) => name);
  return badInput(
    'format-unfit',
    `The format ${wanted} is not among those that ${unable.join(', ')} can open`,
    {
      hint:
        common.length > 0
          ? `Leave --format out, or give one of: ${common.join(', ')}`
          : 'Encrypt once for each recipient',
      details: { recipients: unable },
    },
  );
}

function recoveryRequired(why: NonNullable<FormatChoice['unrecoverable']>, format: TransferFormat): Error {
  const key = format === 'cms' ? '--certificate FILE' : '--age FILE';
  return refused('recovery-required', 'No recovery recipient of this workspace could open the file', {
    hint:
      why === 'post-quantum'
        ? 'Recipients with age1pq1 keys need a recovery recipient of that kind, beside one with an age1 key: quietus identity create vault-pq --kind age-pq, then quietus recipient add vault-pq --age FILE --recovery'
        : `quietus.yaml requires one (transfers.require_recovery). Register it: quietus recipient add vault ${key} --recovery`,
    details: { why },
  });
}
