import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '../crypto/index.js';
import { badInput, type Handover, type Plan, refused } from '../model/index.js';
import type { Session } from '../session/index.js';
import type { Repositories, StoredItem } from '../store/index.js';
import { groupOf, instant, readableMode, writeFileAtomically } from '../workspace/index.js';
import { requireApproved } from './approval.js';
import { requireEventsOfItems } from './event-evidence.js';
import {
  type HandoverManifest,
  manifestItems,
  manifestOf,
  manifestTable,
  manifestTotals,
} from './handover-manifest.js';
import { itemDigest } from './item-digest.js';
import { requireFactsAsLogged } from './logged-facts.js';
import type { PlanItemLine } from './plan-document.js';
import { awaitingTransfer, verifiedPlan } from './plan-reading.js';
import { type Rulebook, readRulebook } from './rulebook.js';

export interface HandoverRequest {
  planId: string;
  /** Who takes the records over. */
  receiver: string;
  /** Only these items of the plan; all that await it where none is named. */
  itemIds?: readonly string[];
  signal?: AbortSignal;
}

export interface PreparedHandover {
  totals: HandoverManifest['totals'];
  itemIds: readonly string[];
  /** Null for what was only shown. */
  handover: Handover | null;
  /** Where the manifest and its table lie. */
  files: readonly string[];
}

/**
 * Shows what would be handed over, and changes nothing.
 *
 * @throws as {@link prepareHandover}
 */
export async function previewHandover(session: Session, request: HandoverRequest): Promise<PreparedHandover> {
  const { items } = await itemsToHandOver(session, request);
  const listed = await manifestItems(session, items, request.signal);
  return { totals: manifestTotals(listed), itemIds: items.map(({ id }) => id), handover: null, files: [] };
}

/**
 * Writes the manifest of the items of a plan whose disposition is `transfer`: ids, classes, and the digest of every file.
 * The items stay what they are until {@link receiveHandover} records that the other side has them.
 *
 * @throws Fault `plan-unknown`, `plan-changed`, `approval-missing`, `nothing-to-hand-over`, `item-not-planned`,
 *   `item-changed`, `gate-open`, `handover-unreadable`, or the reason why an item may not go
 */
export async function prepareHandover(session: Session, request: HandoverRequest): Promise<PreparedHandover> {
  const operator = await session.operator();
  const settings = session.settings();
  const { plan, items } = await itemsToHandOver(session, request);
  const id = `handover-${session.today()}-${randomBytes(3).toString('hex')}`;
  const preparedAt = instant(session.clock);
  const listed = await manifestItems(session, items, request.signal);
  const manifest = manifestOf({
    handover: id,
    workspace: settings.workspaceId,
    organization: settings.organization,
    plan: { id: plan.id, sha256: plan.sha256 },
    receiver: request.receiver,
    prepared_at: preparedAt,
    prepared_by: operator.id,
    totals: manifestTotals(listed),
    items: listed,
  });
  const json = `${JSON.stringify(manifest, null, 2)}\n`;
  const table = manifestTable(listed);
  const files = await write(session, id, { json, table });
  const handover: Handover = {
    id,
    planId: plan.id,
    receiver: request.receiver,
    preparedAt,
    preparedBy: operator.id,
    manifestSha256: sha256(json),
    tableSha256: sha256(table),
    receipt: null,
  };
  await session.store.transaction(async (transaction) => {
    const rules = await readRulebook(transaction, settings);
    for (const item of items) await requireUnchanged(transaction, rules, session, item);
    await transaction.handovers.insert(
      handover,
      items.map((item) => ({ itemId: item.id, itemSha256: itemDigest(item) })),
    );
    await session.recorder.append(transaction, {
      action: 'handover.prepare',
      outcome: 'done',
      subject: { plan: plan.id, handover: id },
      data: {
        items: items.length,
        files: manifest.totals.files,
        manifest_sha256: handover.manifestSha256,
        table_sha256: handover.tableSha256,
      },
    });
  });
  return { totals: manifest.totals, itemIds: items.map((item) => item.id), handover, files };
}

async function write(
  session: Session,
  id: string,
  { json, table }: { json: string; table: string },
): Promise<string[]> {
  const folder = session.paths.handovers;
  await mkdir(folder, { recursive: true, mode: groupOf(session.paths.root) === null ? 0o700 : 0o770 });
  const options = { mode: readableMode(session.paths.root), exclusive: true };
  const paths = [join(folder, `${id}.json`), join(folder, `${id}.csv`)] as const;
  await writeFileAtomically(paths[0], json, options);
  await writeFileAtomically(paths[1], table, options);
  return [...paths];
}

async function itemsToHandOver(
  session: Session,
  request: HandoverRequest,
): Promise<{ plan: Plan; items: readonly StoredItem[] }> {
  const { plan } = await verifiedPlan(session, request.planId);
  if (plan.asOf > session.today()) {
    throw refused('plan-in-future', `The plan ${plan.id} was made for ${plan.asOf}, which has not come yet`);
  }
  await requireFactsAsLogged(session.store, session.settings());
  const lines = await awaitingTransfer(session.store, plan.id);
  const wanted = request.itemIds ?? lines.map(({ itemId }) => itemId);
  const missing = wanted.filter((id) => !lines.some(({ itemId }) => itemId === id));
  if (missing.length > 0) {
    throw badInput(
      'item-not-planned',
      `The plan ${plan.id} has nothing to hand over of: ${missing.slice(0, 5).join(', ')}`,
      {
        hint: REDACT,
      },
    );
  }
  if (wanted.length === 0) {
    throw badInput('nothing-to-hand-over', `No item of the plan ${plan.id} awaits its hand-over`, {
      hint: REDACT,
    });
  }
  const chosen = lines.filter(({ itemId }) => wanted.includes(itemId));
  const rules = await readRulebook(session.store, session.settings());
  await requireApprovals(session, plan, rules, chosen);
  const items: StoredItem[] = [];
  for (const line of chosen) {
    const item = await session.store.items.get(line.itemId);
    if (item === undefined || itemDigest(item) !== line.itemSha256) throw itemChanged(line.itemId);
    requireDue(rules, session, item);
    items.push(item);
  }
  await requireEventsOfItems(session.store, items);
  return { plan, items };
}

const REDACT =
  'Only items whose disposition is transfer are handed over. Redaction is not done by this program: redact them, and correct the inventory';

/** What the classes of the items ask for, even where nothing of the plan is destroyed. */
async function requireApprovals(
  session: Session,
  plan: Plan,
  rules: Rulebook,
  lines: readonly PlanItemLine[],
): Promise<void> {
  const given = await requireApproved(session, plan);
  const classes = new Set(lines.flatMap(({ recordClass, otherClasses }) => [recordClass, ...otherClasses]));
  const asked = rules.schedule.classes.filter(({ id }) => classes.has(id)).map(({ approvals }) => approvals);
  const needed = Math.max(0, ...asked);
  if (given.length >= needed) return;
  throw refused(
    'approval-missing',
    `The plan ${plan.id} has ${given.length} of the ${needed} approvals that the hand-over needs`,
    {
      hint: `Approve it with: quietus sweep approve ${plan.id}`,
    },
  );
}

/** The same item, and still due to be handed over. @throws Fault */
export async function requireUnchanged(
  repositories: Repositories,
  rules: Rulebook,
  session: Session,
  known: { id: string } | StoredItem,
  digest = 'title' in known ? itemDigest(known) : undefined,
): Promise<void> {
  const item = await repositories.items.get(known.id);
  if (item === undefined || itemDigest(item) !== digest) throw itemChanged(known.id);
  await requireEventsOfItems(repositories, [item]);
  requireDue(rules, session, item);
}

function requireDue(rules: Rulebook, session: Session, item: StoredItem): void {
  const judgement = rules.judge(item, item.state, session.today());
  if (judgement.reason !== 'awaits-transfer') {
    throw refused(judgement.reason, `${item.id} may not be handed over. ${judgement.explanation}`);
  }
  const [gate] = judgement.openGates;
  if (gate) throw refused('gate-open', `${item.id} may not be handed over yet: it waits for ${gate.missing}`);
}

function itemChanged(itemId: string): Error {
  return refused('item-changed', `${itemId} has changed in the inventory since the plan was made`, {
    hint: 'Make a new plan: quietus sweep plan',
    details: { item: itemId },
  });
}
