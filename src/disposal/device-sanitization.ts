import { requireFitToDestroy } from '../audit/index.js';
import { badInput, type Reason, refused } from '../model/index.js';
import type { Session } from '../session/index.js';
import {
  chooseTechnique,
  deviceObjections,
  type OfferedTechnique,
  offeredTechniques,
  residualOf,
  type SanitizationOutcome,
  sanitizeDevice,
  sanitizerOf,
  settleSanitization,
  type Technique,
} from '../shred/index.js';
import type { CertificateRecord, SanitizationRecord, StoreTransaction } from '../store/index.js';
import { instant, takeRunLock } from '../workspace/index.js';
import { certifySanitization } from './device-certificate.js';
import { deviceInventoryObjections } from './device-inventory.js';
import type { DeviceRequest } from './device-request.js';
import { recordOutcome, SanitizationJournal, type StoredTarget } from './sanitization-journal.js';

/** What would be done with a device, and what stands against it. */
export interface DevicePreview {
  chosen: Technique | null;
  offered: readonly Technique[];
  objections: readonly Reason[];
  /** What could be left behind, and has to be accepted. */
  residual: readonly Reason[];
  /** Earlier attempts that were cut off. */
  cutOff: readonly SanitizationRecord[];
}

/** Looks at a device and changes nothing. */
export async function previewDevice(
  session: Session,
  request: Pick<DeviceRequest, 'device' | 'method' | 'technique' | 'stated' | 'itemId' | 'planId'>,
): Promise<DevicePreview> {
  const { device, method } = request;
  const offered = await offeredTechniques(device);
  const chosen = chooseTechnique(offered, method, request.technique ?? undefined);
  const found = 'technique' in chosen ? chosen : null;
  const keys = found?.technique.leaves === 'key-slots-empty';
  const objections = [
    ...(await deviceInventoryObjections(session.store, request, session.today())),
    ...(await deviceObjections(device, [session.paths.root], keys)),
  ];
  return {
    chosen: found?.technique ?? null,
    offered: offered.map(({ technique }) => technique),
    objections: 'code' in chosen ? [...objections, chosen] : objections,
    residual: found === null ? [] : residualOf(found, request.stated),
    cutOff: await session.store.sanitizations.openOf(device.confirmation),
  };
}

/** What became of a device. */
export interface SanitizedDevice {
  record: SanitizationRecord;
  outcome: SanitizationOutcome;
  /** Earlier attempts whose outcome was found out now. */
  settled: SanitizationRecord[];
  /** Null where nothing is claimed of the device as a whole. */
  certificate: CertificateRecord | null;
}

/**
 * Sanitizes a whole device, with its intent in the log before anything is written and its outcome after. Attempts that
 * were cut off are settled first: what became of them is read from the device.
 *
 * With a plan the item of the inventory is closed where nothing could be left behind.
 *
 * @throws Fault `run-lock-held`, `device-refused` (exit 4), `technique-missing` (exit 4), `item-unknown` (exit 2), and what
 *   `DeviceAuthority` throws
 */
export async function sanitize(session: Session, request: DeviceRequest): Promise<SanitizedDevice> {
  const operator = await session.operator();
  const lock = await takeRunLock(session.paths.lock, {
    operator: operator.id,
    command: 'media sanitize',
    since: instant(session.clock),
  });
  try {
    await requireFitToDestroy(session);
    const settled = await settleAll(session, request);
    const offered = await offeredTechniques(request.device);
    const chosen = chooseTechnique(offered, request.method, request.technique ?? undefined);
    if (!('technique' in chosen)) throw noTechnique(request, offered);
    const authorize = (transaction: StoreTransaction) => requireAuthorized(session, request, transaction);
    await session.store.transaction(authorize);
    const journal = new SanitizationJournal(session, request, chosen, authorize);
    const outcome = await sanitizeDevice(request.device, chosen, journal, {
      ...request,
      protectedPaths: [session.paths.root],
    });
    if (journal.record === null) throw deviceRefused(outcome.reasons);
    const record = await session.store.sanitizations.get(journal.record.id);
    if (record === undefined) throw new Error('The record of a sanitization is gone');
    const certificate = await certifySanitization(session, record, request.authority);
    return { record, outcome, settled, certificate };
  } finally {
    await lock.release();
  }
}

function deviceRefused(reasons: readonly Reason[]): Error {
  return refused(
    'device-refused',
    `The device was left alone. ${reasons.map(({ text }) => text).join(' ')}`,
    {
      hint:
        HINTS[reasons[0]?.code ?? ''] ??
        'See what stands against it: quietus media sanitize DEVICE --dry-run',
      details: { reasons: reasons.map(({ code }) => code) },
    },
  );
}

const HINTS: Readonly<Record<string, string>> = {
  mounted: 'Unmount what is on it, and make sure that it is the right device',
  swap: 'Take it out of use with swapoff, and make sure that it is the right device',
  held: 'Close what is built on it (cryptsetup close, vgchange -an, mdadm --stop, losetup -d)',
  'array-member': 'Take it out of its array or volume group first',
  'legal-hold': 'See the hold: quietus hold list',
  inventoried: 'Name it with --item, and the approved plan that disposes of it with --plan',
  'item-not-planned':
    'Plan and approve it (quietus sweep plan, quietus sweep approve), and name the plan with --plan',
  residual: 'If that is acceptable, add --accept-residual',
  'several-namespaces': 'Remove the other namespaces, or sanitize them too',
};

function noTechnique({ method }: DeviceRequest, offered: readonly OfferedTechnique[]): Error {
  const others = [...new Set(offered.flatMap(({ technique }) => technique.methods))];
  return refused('technique-missing', `Device and tools offer nothing for the method ${method}`, {
    hint:
      others.length > 0
        ? `What they offer: ${others.join(', ')}`
        : 'Have the device destroyed, and record that',
  });
}

/**
 * What inventory, holds and plan say; asked before anything is measured or written, and again with the intent.
 *
 * @throws Fault `device-refused` (exit 4), `item-missing` (exit 2), and what `deviceInventoryObjections` and
 *   `DeviceAuthority` throw
 */
async function requireAuthorized(
  session: Session,
  request: DeviceRequest,
  transaction: StoreTransaction,
): Promise<void> {
  const { planId, itemId, authority } = request;
  const objections = await deviceInventoryObjections(transaction, request, session.today());
  if (objections.length > 0) throw deviceRefused(objections);
  if (planId === null) return;
  if (itemId === null) throw badInput('item-missing', 'A plan was named and no item of it', ITEM_HINT);
  await authority.authorize(transaction, planId, itemId);
}

const ITEM_HINT = { hint: 'Name the device of the inventory with --item ID' };

/** Finds out what became of earlier attempts on this device, and records it. */
async function settleAll(session: Session, request: DeviceRequest): Promise<SanitizationRecord[]> {
  const open = await session.store.sanitizations.openOf(request.device.confirmation);
  if (open.length === 0) return [];
  const settled: SanitizationRecord[] = [];
  for (const record of open) {
    const stored = JSON.parse(record.target) as StoredTarget;
    const outcome = await settleSanitization(
      request.device,
      { sanitizer: sanitizerOf(stored.technique), technique: stored.technique },
      record.state === 'marked' ? stored.marks : null,
      { ...request, stated: stored.stated, protectedPaths: [session.paths.root] },
    );
    await recordOutcome(session, record, outcome);
    const finished = await session.store.sanitizations.get(record.id);
    if (finished) {
      settled.push(finished);
      await certifySanitization(session, finished, request.authority);
    }
  }
  return settled;
}
