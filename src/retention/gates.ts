import {
  badInput,
  type CalendarDate,
  classesOf,
  type Gate,
  type GateStatement,
  type RecordClass,
  refused,
  type StatementKind,
  type StatementScope,
} from '../model/index.js';
import type { Session } from '../session/index.js';
import type { StoredItem, StoreTransaction } from '../store/index.js';
import { instant } from '../workspace/index.js';
import { requireSubject } from './events.js';
import { gatesOf, partyOf, sameParty } from './gate-state.js';
import { countKinds, statementDigest } from './statement-evidence.js';

export interface StatementRequest {
  kind: StatementKind;
  /** At least one. */
  scopes: readonly StatementScope[];
  /** Day on which the notice was given, the permission written, the check made or the charge learnt of. */
  statedOn: CalendarDate;
  /** Who states it. The name stays in the database and never goes into the log. */
  statedBy: string;
  reference: string | null;
  /** Recipient or authority; null takes the one that the schedule names, where it names one only. */
  party: string | null;
  /** Accept classes and subjects that no item has (yet). */
  allowUnknown?: boolean;
}

/**
 * Records a dated statement of a person: that a notice was given, a permission was received, no charge is open,
 * copies were checked; or that a charge is open, which blocks what it reaches until it is withdrawn.
 *
 * @throws Fault `statement-scope-missing`, `statement-text-invalid`, `date-in-future`, `reference-missing`,
 *   `item-unknown`, `class-unknown`, `statement-scope-unknown`, `gate-unknown` where the schedule asks for no such gate, `party-ambiguous`,
 *   `party-unknown`
 */
export async function stateGate(session: Session, request: StatementRequest): Promise<GateStatement> {
  const statedBy = requireLine(request.statedBy, '--by');
  const reference = request.reference === null ? null : requireLine(request.reference, '--reference');
  const scopes = distinct(request.scopes);
  if (scopes.length === 0) {
    throw badInput('statement-scope-missing', 'A statement reaches nothing without a scope', {
      hint: 'Name at least one: --item ID, --class C or --subject ID',
    });
  }
  if (request.statedOn > session.today()) {
    throw badInput('date-in-future', 'The day of the statement has not come yet', { hint: 'Record it then' });
  }
  if (request.kind === 'permission' && reference === null) {
    throw badInput('reference-missing', 'A permission needs its reference', {
      hint: 'Add the number or date of the letter: --reference TEXT',
    });
  }
  const operator = await session.operator();
  return await session.store.transaction(async (transaction) => {
    const year = session.today().slice(0, 4);
    const sequence = await transaction.gates.nextSequence(Number(year));
    const statement: GateStatement = {
      id: `G-${year}-${String(sequence).padStart(4, '0')}`,
      kind: request.kind,
      party: await partyFor(transaction, { ...request, scopes }),
      scopes,
      statedOn: request.statedOn,
      statedBy,
      reference,
      recordedAt: instant(session.clock),
      recordedBy: operator.id,
      withdrawnOn: null,
      withdrawnAt: null,
      withdrawnBy: null,
    };
    await transaction.gates.insert(statement);
    await session.recorder.append(transaction, {
      action: 'gate.state',
      outcome: 'done',
      subject: { statement: statement.id },
      data: {
        kind: statement.kind,
        stated_on: statement.statedOn,
        scopes: countKinds(scopes),
        statement_sha256: statementDigest(statement),
      },
    });
    return statement;
  });
}

/**
 * Takes a statement back: it was a mistake, or, for a charge, the charge was closed.
 *
 * @param on day from which it does not count; today where it is not given
 * @throws Fault `statement-unknown`, `statement-withdrawn`, `date-in-future`, `date-before-statement`
 */
export async function withdrawStatement(
  session: Session,
  request: { id: string; on?: CalendarDate },
): Promise<GateStatement> {
  const on = request.on ?? session.today();
  if (on > session.today()) throw badInput('date-in-future', 'The day of the withdrawal has not come yet');
  const operator = await session.operator();
  return await session.store.transaction(async (transaction) => {
    const before = await transaction.gates.get(request.id);
    if (before === undefined) {
      throw badInput('statement-unknown', `There is no statement ${request.id}`, {
        hint: 'See: quietus gate list --all',
      });
    }
    if (on < before.statedOn) {
      throw badInput(
        'date-before-statement',
        `The statement ${before.id} is of ${before.statedOn}, after that day`,
      );
    }
    const withdrawal = { on, at: instant(session.clock), by: operator.id };
    if (!(await transaction.gates.withdraw(before.id, withdrawal))) {
      throw refused(
        'statement-withdrawn',
        `The statement ${before.id} was withdrawn on ${before.withdrawnOn}`,
      );
    }
    await session.recorder.append(transaction, {
      action: 'gate.withdraw',
      outcome: 'done',
      subject: { statement: before.id },
      data: { kind: before.kind, withdrawn_on: on },
    });
    return { ...before, withdrawnOn: on, withdrawnAt: withdrawal.at, withdrawnBy: operator.id };
  });
}

/** Statements by id; without those that were withdrawn unless `withdrawn`. */
export async function listStatements(
  session: Session,
  options: { withdrawn: boolean },
): Promise<GateStatement[]> {
  const all = await session.store.gates.list();
  return options.withdrawn ? all : all.filter(({ withdrawnAt }) => withdrawnAt === null);
}

/** Whom the statement names: what the person says, which must be what the schedule says, or the only one it names. */
async function partyFor(
  transaction: StoreTransaction,
  { kind, scopes, party: given, allowUnknown }: StatementRequest,
): Promise<string | null> {
  const classes = await classesReached(transaction, scopes, allowUnknown ?? false);
  const gates = gatesOf(classes).filter((gate) => gate.kind === kind);
  if (kind === 'open-charge') return null;
  if (gates.length === 0) {
    throw badInput('gate-unknown', `The schedule has no gate ${kind} for what the statement reaches`, {
      hint: 'See the gates of the classes with: quietus schedule show',
    });
  }
  const parties = distinctParties(gates);
  if (given !== null) {
    const party = parties.find((each) => sameParty(each, given));
    if (party !== undefined) return party;
    throw badInput('party-unknown', `No gate ${kind} of the schedule names that party`, {
      hint: named(parties),
    });
  }
  const [only = null, ...others] = parties;
  if (others.length === 0) return only;
  throw badInput('party-ambiguous', `The schedule names ${parties.length} parties for the gate ${kind}`, {
    hint: named(parties),
  });
}

function distinctParties(gates: readonly Gate[]): (string | null)[] {
  const parties: (string | null)[] = [];
  for (const party of gates.map(partyOf)) {
    if (!parties.some((each) => sameParty(each, party))) parties.push(party);
  }
  return parties;
}

function named(parties: readonly (string | null)[]): string {
  return `Say which one with --party: ${parties.filter((party) => party !== null).join('; ')}`;
}

const IDS_AT_ONCE = 500;

/** Classes of what the scopes reach now. A class of the schedule needs no item yet; an item must be there. */
async function classesReached(
  transaction: StoreTransaction,
  scopes: readonly StatementScope[],
  allowUnknown: boolean,
): Promise<RecordClass[]> {
  const rules = new Map((await transaction.schedules.latest())?.classes.map((each) => [each.id, each]));
  const valuesOf = (kind: StatementScope['kind']) =>
    scopes.filter((scope) => scope.kind === kind).map(({ value }) => value);
  const ids = new Set(valuesOf('class'));
  const unknown = [...ids].filter((id) => !rules.has(id));
  if (unknown.length > 0) {
    throw badInput('class-unknown', `The schedule has no class ${unknown.join(', ')}`, {
      hint: 'See: quietus schedule show',
    });
  }
  const add = (items: Iterable<StoredItem>) => {
    for (const item of items) for (const id of classesOf(item)) ids.add(id);
  };
  const itemIds = valuesOf('item');
  for (let at = 0; at < itemIds.length; at += IDS_AT_ONCE) {
    const asked = itemIds.slice(at, at + IDS_AT_ONCE);
    const found = await transaction.items.byIds(asked);
    const missing = asked.filter((id) => !found.has(id));
    if (missing.length > 0) {
      throw badInput('item-unknown', `The inventory has no item ${missing.slice(0, 10).join(', ')}`, {
        hint: 'Correct the id; nothing was recorded',
        details: { items: missing },
      });
    }
    add(found.values());
  }
  const subjects = valuesOf('subject').map(requireSubject);
  const linked = new Set<string>();
  for (let at = 0; at < subjects.length; at += IDS_AT_ONCE) {
    const found = await transaction.items.ofSubjects(subjects.slice(at, at + IDS_AT_ONCE));
    for (const subject of found.flatMap((item) => item.subjects)) linked.add(subject);
    add(found);
  }
  if (!allowUnknown) refuseUnlinked(subjects.filter((subject) => !linked.has(subject)));
  return [...ids].flatMap((id) => rules.get(id) ?? []);
}

/** A misspelt subject would leave the records without the charge while everybody believes that they have it. */
function refuseUnlinked(subjects: readonly string[]): void {
  if (subjects.length === 0) return;
  throw badInput(
    'statement-scope-unknown',
    `No item has the subject ${subjects.slice(0, 10).join(', ')}; nothing was recorded`,
    {
      hint: 'Correct the spelling, upper and lower case included, or add --allow-unknown for records that will come later',
      details: { subjects },
    },
  );
}

function distinct(scopes: readonly StatementScope[]): StatementScope[] {
  const known = scopes.map(({ kind, value }) => ({ kind, value: requireLine(value, `--${kind}`) }));
  return [...new Map(known.map((scope) => [`${scope.kind} ${scope.value}`, scope])).values()];
}

function requireLine(text: string, what: string): string {
  const line = text.trim();
  if (line !== '' && line.length <= 500 && !/\p{Cc}/u.test(line)) return line;
  throw badInput(
    'statement-text-invalid',
    `The value of ${what} must be text on one line of at most 500 characters`,
    {
      hint: `Give it in quotes: ${what} "..."`,
    },
  );
}
