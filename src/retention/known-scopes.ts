import { foldedName, parseHoldQuery } from '../holds/index.js';
import { badInput, type HoldScope } from '../model/index.js';
import type { StoreTransaction } from '../store/index.js';

const IDS_SHOWN = 10;
const IDS_AT_ONCE = 500;

/**
 * What a hold names is there: a misspelt id, class, custodian or subject would leave the records unheld while everybody
 * believes that they are.
 *
 * @throws Fault `item-unknown`, `hold-scope-unknown` (exit 2)
 */
export async function requireKnownScopes(
  transaction: StoreTransaction,
  scopes: readonly HoldScope[],
): Promise<void> {
  await requireItems(transaction, scopes);
  await requireNames(transaction, scopes);
}

/** @throws Fault `item-unknown` (exit 2) */
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

/** @throws Fault `hold-scope-unknown` (exit 2) */
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
