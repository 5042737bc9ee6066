import { requireSoundDatabase, whileNothingComes } from '../audit/index.js';
import { sha256 } from '../crypto/index.js';
import { requireHoldsAsLogged } from '../holds/index.js';
import type { GateStatement, Hold, Review } from '../model/index.js';
import type { EvidenceAction, Repositories } from '../store/index.js';
import { requireEventsAsLogged } from './event-evidence.js';
import { requireReviewsAsLogged } from './review-evidence.js';
import { requireStatementsAsLogged } from './statement-evidence.js';

/** What decisions rest on beside schedule, items and events. */
export interface RulebookFacts {
  /** Holds in force, and released ones whose cooling-off period may last. */
  holds: readonly Hold[];
  statements: readonly GateStatement[];
  /** What people decided of items that are still there. */
  reviews: readonly Review[];
}

/** What was found good, by the settings of a session: a run asks for the same facts again with every batch. */
const found = new WeakMap<object, string>();
const FACTS: readonly EvidenceAction[] = [
  'hold.place',
  'hold.release',
  'gate.state',
  'gate.withdraw',
  'review.decide',
];

/** What the facts beside holds are read from. */
const TABLES = ['gate_statements', 'gate_scopes', 'reviews'];

/**
 * Holds, statements and decisions of people, compared with the log: what somebody wrote into the database lets nothing go,
 * and what somebody took out of it is missed.
 *
 * @param session an object that lives as long as the session: the same facts are compared once, while the log tells of no others
 * @throws Fault `table-damaged`, `schema-changed`, `hold-changed`, `statement-changed`, `review-changed` (exit 5)
 */
export async function loggedFacts(repositories: Repositories, session: object): Promise<RulebookFacts> {
  return await whileNothingComes(repositories, FACTS, async (end) => {
    const facts = await readFacts(repositories);
    const text = `${end} ${sha256(JSON.stringify(facts))}`;
    if (found.get(session) === text) return facts;
    await requireSoundDatabase(repositories, TABLES);
    await requireHoldsAsLogged(repositories);
    await requireStatementsAsLogged(repositories);
    await requireReviewsAsLogged(repositories, facts.reviews);
    found.set(session, text);
    return facts;
  });
}

/**
 * The same, and every recorded event: asked before a run begins, and before items are planned that events let go.
 *
 * @throws Fault `table-damaged`, `schema-changed`, `hold-changed`, `statement-changed`, `review-changed`, `event-changed` (exit 5)
 */
export async function requireFactsAsLogged(repositories: Repositories, session: object): Promise<void> {
  await loggedFacts(repositories, session);
  await requireSoundDatabase(repositories, ['events']);
  await whileNothingComes(repositories, ['event.record'], () => requireEventsAsLogged(repositories));
}

async function readFacts(repositories: Repositories): Promise<RulebookFacts> {
  return {
    holds: await repositories.holds.standing(),
    statements: await repositories.gates.counting(),
    reviews: await repositories.reviews.standing(),
  };
}
