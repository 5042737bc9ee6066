import { holdDigest, holdQueryText, parseHoldQuery } from '../holds/index.js';
import { badInput, HOLD_SCOPES, type Hold, type HoldScope, type HoldScopeKind } from '../model/index.js';
import { dayAfter } from '../schedule/index.js';
import type { Session } from '../session/index.js';
import type { StoreTransaction } from '../store/index.js';
import { instant } from '../workspace/index.js';
import { requireLine } from './hold-text.js';
import { requireKnownScopes } from './known-scopes.js';

export interface HoldRequest {
  /** What a person calls the matter. Often sensitive: it stays in the database and never goes into the log. */
  matter: string;
  reason: string | null;
  /** At least one. */
  scopes: readonly HoldScope[];
  /** Accept ids of items that the inventory does not have (yet). */
  allowUnknown?: boolean;
}

/**
 * Places a hold. It is in force when this returns: plans that exist already leave out what it reaches, and a
 * sweep that is running passes over it.
 *
 * @throws Fault `hold-text-invalid`, `hold-scope-missing`, `hold-query-invalid`, `item-unknown`,
 *   `hold-scope-unknown`, `operator-unknown`
 */
export async function placeHold(session: Session, request: HoldRequest): Promise<Hold> {
  const matter = requireLine(request.matter, '--matter');
  const reason = request.reason === null ? null : requireLine(request.reason, '--reason');
  const scopes = distinct(request.scopes);
  if (scopes.length === 0) {
    throw badInput('hold-scope-missing', 'A hold reaches nothing without a scope', {
      hint: 'Name at least one: --item ID, --class C, --subject ID, --custodian NAME, --location PATH or --query CONDITIONS',
    });
  }
  const operator = await session.operator();
  return await session.store.transaction(async (transaction) => {
    if (!request.allowUnknown) await requireKnownScopes(transaction, scopes);
    const hold: Hold = {
      id: await nextId(transaction, session.today().slice(0, 4)),
      matter,
      reason,
      scopes,
      placedAt: instant(session.clock),
      placedBy: operator.id,
      releasedAt: null,
      releasedBy: null,
      releaseReason: null,
      coolingOffUntil: null,
    };
    await transaction.holds.insert(hold);
    await session.recorder.append(transaction, {
      action: 'hold.place',
      outcome: 'done',
      subject: { hold: hold.id },
      data: { scopes: countKinds(scopes), hold_sha256: holdDigest(hold) },
    });
    return hold;
  });
}

/**
 * Ends a hold. What it reached is left alone for the cooling-off period of the settings, counted from the day after
 * the release: time to notice that the release was a mistake.
 *
 * @throws Fault `hold-text-invalid`, `hold-unknown`, `hold-released`, `operator-unknown`
 */
export async function releaseHold(session: Session, request: { id: string; reason: string }): Promise<Hold> {
  const reason = requireLine(request.reason, '--reason');
  const operator = await session.operator();
  return await session.store.transaction(async (transaction) => {
    const { coolingOffDays } = session.settings().holds;
    const coolingOffUntil = coolingOffDays === 0 ? null : dayAfter(session.today(), coolingOffDays);
    const release = { at: instant(session.clock), by: operator.id, reason, coolingOffUntil };
    const released = await transaction.holds.release(request.id, release);
    const hold = await transaction.holds.get(request.id);
    if (hold === undefined) {
      throw badInput('hold-unknown', `There is no hold ${request.id}`, {
        hint: 'See: quietus hold list --all',
      });
    }
    if (!released) {
      throw badInput(
        'hold-released',
        `The hold ${hold.id} was released on ${session.dayOf(hold.releasedAt ?? '')}`,
        {
          hint: 'To hold the items again, place a new hold',
        },
      );
    }
    await session.recorder.append(transaction, {
      action: 'hold.release',
      outcome: 'done',
      subject: { hold: hold.id },
      data: { cooling_off_until: hold.coolingOffUntil },
    });
    return hold;
  });
}

/** Holds in the order in which they were placed. */
export async function listHolds(session: Session, options: { released: boolean }): Promise<Hold[]> {
  return options.released ? await session.store.holds.list() : await session.store.holds.active();
}

/** Ids of other holds in force for a matter of the same name. */
export async function sameMatter(session: Session, hold: Hold): Promise<string[]> {
  const holds = await session.store.holds.active();
  return holds
    .filter((other) => other.matter === hold.matter && other.id !== hold.id)
    .map((other) => other.id);
}

function distinct(scopes: readonly HoldScope[]): HoldScope[] {
  const known = new Map<string, HoldScope>();
  for (const { kind, value } of scopes) {
    const line = requireLine(value, `--${kind}`);
    const text = kind === 'query' ? holdQueryText(parseHoldQuery(line)) : line;
    known.set(`${kind} ${text}`, { kind, value: text });
  }
  return [...known.values()];
}

async function nextId(transaction: StoreTransaction, year: string): Promise<string> {
  const sequence = await transaction.holds.nextSequence(Number(year));
  return `H-${year}-${String(sequence).padStart(4, '0')}`;
}

function countKinds(scopes: readonly HoldScope[]): Partial<Record<HoldScopeKind, number>> {
  const counts = HOLD_SCOPES.map(
    (kind) => [kind, scopes.filter((scope) => scope.kind === kind).length] as const,
  );
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}
