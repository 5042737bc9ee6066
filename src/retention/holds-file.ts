import { existsSync } from 'node:fs';
import { isHoldQuery } from '../holds/index.js';
import { csvLine } from '../inventory/index.js';
import { badInput, HOLD_SCOPES, type Hold, type HoldScope, type HoldScopeKind } from '../model/index.js';
import type { Session } from '../session/index.js';
import { writeFileAtomically } from '../workspace/index.js';
import { placeHold } from './holds.js';
import { smallTable } from './small-table.js';

const COLUMNS = ['hold', 'matter', 'reason', 'placed_at', 'placed_by', 'kind', 'value'] as const;

/**
 * Writes the holds in force, and those whose cooling-off period lasts, beside an export of the inventory: one row for
 * each scope. Without them the records would arrive elsewhere free to be destroyed.
 *
 * Where there are none, no file is written. What an older export left behind is replaced with `force` only.
 *
 * @param options.beside path of the inventory file, which must be free as well
 * @returns how many holds were written
 * @throws Fault `file-exists`
 */
export async function exportHolds(
  session: Session,
  path: string,
  options: { force: boolean; beside: string },
): Promise<number> {
  const taken = [options.beside, path].find((each) => !options.force && existsSync(each));
  if (taken !== undefined) {
    throw badInput('file-exists', `${taken} is already there`, {
      hint: 'Name another file, or replace it with --force',
    });
  }
  const holds = (await session.store.holds.standing()).filter((hold) => stands(hold, session.today()));
  if (holds.length === 0 && !existsSync(path)) return 0;
  const rows = holds.flatMap((hold) =>
    hold.scopes.map(({ kind, value }) =>
      csvLine([hold.id, hold.matter, hold.reason ?? '', hold.placedAt, hold.placedBy, kind, value]),
    ),
  );
  await writeFileAtomically(path, `${csvLine(COLUMNS)}${rows.join('')}`);
  await session.store.transaction((transaction) =>
    session.recorder.append(transaction, {
      action: 'hold.export',
      outcome: 'done',
      data: { holds: holds.length },
    }),
  );
  return holds.length;
}

export interface HoldsImport {
  placed: readonly Hold[];
  /** Holds of the file that are in force here already: same matter, same scopes. */
  unchanged: number;
}

/**
 * Places the holds that {@link exportHolds} wrote, with numbers of this workspace. It can be repeated: a hold in force
 * with the same matter and scopes is not placed again. Items that the inventory does not have yet are accepted.
 *
 * @throws Fault `csv-header`, `csv-quotes`, `holds-invalid` that names every bad line; nothing is placed then
 */
export async function importHolds(session: Session, path: string): Promise<HoldsImport> {
  const requests = await readHolds(path);
  const standing = new Set((await session.store.holds.active()).map(fingerprint));
  const fresh = requests.filter((request) => !standing.has(fingerprint(request)));
  const placed: Hold[] = [];
  for (const request of fresh) placed.push(await placeHold(session, { ...request, allowUnknown: true }));
  return { placed, unchanged: requests.length - fresh.length };
}

/** Where the holds of an inventory file are: `items.csv` has `items.holds.csv` beside it. */
export function holdsPath(inventoryPath: string): string {
  return `${inventoryPath.replace(/\.csv$/i, '')}.holds.csv`;
}

interface HoldRow {
  matter: string;
  reason: string | null;
  scopes: HoldScope[];
}

async function readHolds(path: string): Promise<HoldRow[]> {
  const { places, rows } = await smallTable(path, COLUMNS);
  const holds = new Map<string, HoldRow>();
  const bad: number[] = [];
  for (const { line, cells } of rows) {
    const cell = (name: (typeof COLUMNS)[number]) => cells[places.get(name) ?? -1] ?? '';
    const kind = cell('kind');
    if (!isScope(kind, cell('value')) || [cell('hold'), cell('matter')].includes('')) {
      bad.push(line);
      continue;
    }
    const hold = holds.get(cell('hold')) ?? {
      matter: cell('matter'),
      reason: cell('reason') || null,
      scopes: [],
    };
    hold.scopes.push({ kind, value: cell('value') });
    holds.set(cell('hold'), hold);
  }
  if (bad.length === 0) return [...holds.values()];
  const shown = bad.slice(0, 10).join(', ');
  throw badInput('holds-invalid', `${bad.length} rows are no holds (lines ${shown}); nothing was placed`, {
    hint: `A row needs hold, matter, value, and one of ${HOLD_SCOPES.join(', ')} as kind`,
    details: { lines: bad },
  });
}

function isScope(kind: string, value: string): kind is HoldScopeKind {
  if (value === '' || !(HOLD_SCOPES as readonly string[]).includes(kind)) return false;
  return kind !== 'query' || isHoldQuery(value);
}

function stands({ releasedAt, coolingOffUntil }: Hold, today: string): boolean {
  return releasedAt === null || (coolingOffUntil !== null && today <= coolingOffUntil);
}

function fingerprint({ matter, scopes }: Pick<Hold, 'matter' | 'scopes'>): string {
  return JSON.stringify([matter, scopes.map(({ kind, value }) => `${kind} ${value}`).toSorted()]);
}
