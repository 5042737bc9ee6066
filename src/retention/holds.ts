import { existsSync, readlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  foldedName,
  holdDigest,
  holdQueryText,
  normalizedPath,
  parseHoldQuery,
  readTypedQuery,
} from '../holds/index.js';
import { badInput, HOLD_SCOPES, type Hold, type HoldScope, type HoldScopeKind } from '../model/index.js';
import { dayAfter } from '../schedule/index.js';
import type { Session } from '../session/index.js';
import type { StoreTransaction } from '../store/index.js';
import { instant } from '../workspace/index.js';

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
    if (!request.allowUnknown) {
      await requireItems(transaction, scopes);
      await requireNames(transaction, scopes);
    }
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

/**
 * The scopes of a location as a person types it. A path may be relative where it begins with a dot; a path
 * through a symbolic link reaches both what it says and where it leads, because the inventory may have either.
 * Anything else is the beginning of a description, such as `Cabinet 4`.
 *
 * @param cwd folder that relative paths start from
 * @throws Fault `location-ambiguous` where the text names something in that folder but not as a path, `location-pattern`
 */
export function locationScopes(text: string, cwd: string): HoldScope[] {
  return heldPlaces(text, cwd).map((value): HoldScope => ({ kind: 'location', value }));
}

/**
 * The scope of a query as a person types it; what it says of locations means what {@link locationScopes} makes of it.
 *
 * @throws Fault `hold-query-invalid`, and as {@link locationScopes}
 */
export function queryScope(text: string, cwd: string): HoldScope {
  const conditions = parseHoldQuery(readTypedQuery(text)).map((each) =>
    each.field === 'location'
      ? { ...each, values: each.values.flatMap((value) => heldPlaces(value, cwd)) }
      : each,
  );
  return { kind: 'query', value: holdQueryText(conditions) };
}

function heldPlaces(text: string, cwd: string): string[] {
  const line = requireLine(text, '--location');
  const relative = /^\.{1,2}(?:\/|$)/.test(line);
  refusePattern(line, cwd);
  if (line.startsWith('/') || relative) {
    const path = relative ? `${cwd}/${line}` : line;
    return [...new Set([resolve(path), ledTo(path)].map(normalizedPath))];
  }
  if (!existsSync(resolve(cwd, line))) return [line];
  throw badInput(
    'location-ambiguous',
    'A location is both a description and the name of something in this folder',
    {
      hint: 'Begin it with ./ where you mean the file or folder',
    },
  );
}

/**
 * What a shell would have replaced had it not stood in quotes or behind an equals sign: taken as it is, the hold would
 * reach nothing of what is meant.
 *
 * @throws Fault `location-pattern` (exit 2)
 */
function refusePattern(line: string, cwd: string): void {
  const home = /^~[^/]*(?:\/|$)/.test(line);
  const pattern = home || (line.includes('*') && line.includes('/'));
  if (!pattern || existsSync(resolve(cwd, line))) return;
  throw badInput(
    'location-pattern',
    home
      ? 'A location begins with ~, which only a shell replaces'
      : 'A location has * in it, and no file has that name',
    { hint: 'Name the folder by its whole path: a hold reaches all below it' },
  );
}

/** As many symbolic links as Linux follows in one path. */
const MOST_LINKS = 40;

/**
 * Where an absolute path leads, as the kernel follows it: letter by letter as it is written, and `..` from where a link
 * leads. What is not there yet, or not to be seen by this account, lies where its folder leads.
 */
function ledTo(path: string): string {
  const names = path.split('/').toReversed();
  let at = '/';
  let links = 0;
  for (let name = names.pop(); name !== undefined; name = names.pop()) {
    const next = join(at, name);
    const target = name === '..' || links >= MOST_LINKS ? undefined : linkTarget(next);
    if (target !== undefined) {
      links += 1;
      names.push(...target.split('/').toReversed());
      if (target.startsWith('/')) at = '/';
    } else {
      at = next;
    }
  }
  return at;
}

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

function requireLine(text: string, what: string): string {
  const line = text.trim();
  if (line !== '' && line.length <= 500 && !/\p{Cc}/u.test(line)) return line;
  throw badInput(
    'hold-text-invalid',
    `The value of ${what} must be text on one line of at most 500 characters`,
    {
      hint: `Give it in quotes: ${what} "..."`,
    },
  );
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

const IDS_SHOWN = 10;
const IDS_AT_ONCE = 500;

async function requireItems(transaction: StoreTransaction, scopes: readonly HoldScope[]): Promise<void> {
  const ids = scopes.filter((scope) => scope.kind === 'item').map((scope) => scope.value);
  const unknown: string[] = [];
  for (let at = 0; at < ids.length; at += IDS_AT_ONCE) {
    const asked = ids.slice(at, at + IDS_AT_ONCE);
    const found = await transaction.items.byIds(asked);
    unknown.push(...asked.filter((id) => !found.has(id)));
  }
  if (unknown.length === 0) return;
  const shown = unknown.slice(0, IDS_SHOWN).join(', ');
  const rest = unknown.length > IDS_SHOWN ? ` and ${unknown.length - IDS_SHOWN} more` : '';
  throw badInput('item-unknown', `The inventory has no item ${shown}${rest}; no hold was placed`, {
    hint: 'Correct the id, or add --allow-unknown to hold an item that will come later',
    details: { items: unknown },
  });
}

/** A misspelt class, custodian or subject would leave the records unheld while everybody believes that they are. */
async function requireNames(transaction: StoreTransaction, scopes: readonly HoldScope[]): Promise<void> {
  const schedule = await transaction.schedules.latest();
  const classes = new Set([
    ...(schedule?.classes ?? []).map(({ id }) => id),
    ...(await transaction.items.activeByClass()).keys(),
  ]);
  const custodians = new Set((await transaction.items.custodians()).map(foldedName));
  const names = scopes.flatMap(named);
  const subjects = await linkedSubjects(
    transaction,
    names.flatMap(({ kind, value }) => (kind === 'subject' ? [value] : [])),
  );
  const unknown = names.filter(
    ({ kind, value }) =>
      (kind === 'class' && !classes.has(value)) ||
      (kind === 'custodian' && !custodians.has(foldedName(value))) ||
      (kind === 'subject' && !subjects.has(value)),
  );
  if (unknown.length === 0) return;
  const kinds = [...new Set(unknown.map(({ kind }) => kind))].join(' and ');
  throw badInput('hold-scope-unknown', `No item has the ${kinds} that the hold names; no hold was placed`, {
    hint: 'Correct the spelling (quietus inventory list), upper and lower case of classes and subjects included, or add --allow-unknown to hold what will come later',
    details: { kinds: unknown.map(({ kind }) => kind) },
  });
}

/** Those of the subjects that an item has, and others of the same items. */
async function linkedSubjects(
  transaction: StoreTransaction,
  subjects: readonly string[],
): Promise<ReadonlySet<string>> {
  const linked = new Set<string>();
  for (let at = 0; at < subjects.length; at += IDS_AT_ONCE) {
    const items = await transaction.items.ofSubjects(subjects.slice(at, at + IDS_AT_ONCE));
    for (const subject of items.flatMap((item) => item.subjects)) linked.add(subject);
  }
  return linked;
}

/** The ids and names that a scope names; those of a query as if each had a scope of its own. */
function named(scope: HoldScope): HoldScope[] {
  if (scope.kind !== 'query') return [scope];
  return parseHoldQuery(scope.value).flatMap((each) => {
    const { field } = each;
    if (field !== 'class' && field !== 'custodian' && field !== 'subject') return [];
    return each.values.map((value): HoldScope => ({ kind: field, value }));
  });
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
