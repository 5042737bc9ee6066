import { randomBytes } from 'node:crypto';
import { requireFitToDestroy } from '../audit/index.js';
import { badInput, isDestroyed, type Reason, refused } from '../model/index.js';
import type { Session } from '../session/index.js';
import {
  chooseTechnique,
  type DeviceFacts,
  type DeviceJournal,
  deviceObjections,
  type Marks,
  type OfferedTechnique,
  offeredTechniques,
  residualOf,
  type SanitizationMethod,
  type SanitizationOptions,
  type SanitizationOutcome,
  sanitizeDevice,
  sanitizerOf,
  settleSanitization,
  type Technique,
} from '../shred/index.js';
import type { CertificateRecord, Repositories, SanitizationRecord } from '../store/index.js';
import { instant, takeRunLock } from '../workspace/index.js';
import type { DeviceAuthority } from './device-authority.js';
import { certifyDevice } from './device-certificate.js';
import { deviceInventoryObjections } from './device-inventory.js';

export interface DeviceRequest extends Omit<SanitizationOptions, 'protectedPaths'> {
  device: DeviceFacts;
  method: SanitizationMethod;
  /** Id of the one technique that is wanted, instead of the preferred one. */
  technique: string | null;
  /** Id of the device in the inventory. */
  itemId: string | null;
  /** The plan that disposes of the item, which is closed then. */
  planId: string | null;
  authority: DeviceAuthority;
}

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

/** What was kept in the record before anything was written. */
interface StoredTarget {
  device: DeviceFacts;
  technique: Technique;
  stated: SanitizationOptions['stated'];
  marks: Marks | null;
  /** Missing where no plan asked for it. */
  planId?: string | null;
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
    await requireUnopposed(session, request);
    await requirePlanned(session, request);
    const journal = new SanitizationJournal(session, request, chosen);
    const outcome = await sanitizeDevice(request.device, chosen, journal, {
      ...request,
      protectedPaths: [session.paths.root],
    });
    if (journal.record === null) throw deviceRefused(outcome.reasons);
    const record = await session.store.sanitizations.get(journal.record.id);
    if (record === undefined) throw new Error('The record of a sanitization is gone');
    const { planId, device } = request;
    const certificate = await certifyDevice(
      session,
      record,
      { device, technique: chosen.technique, planId },
      request.authority,
    );
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
  'item-held': 'See the hold: quietus hold list',
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

/** @throws Fault `device-refused` (exit 4), and what `deviceInventoryObjections` throws */
async function requireUnopposed(
  session: Session,
  request: DeviceRequest,
  repositories: Repositories = session.store,
): Promise<void> {
  const objections = await deviceInventoryObjections(repositories, request, session.today());
  if (objections.length > 0) throw deviceRefused(objections);
}

/** Before anything is measured or written; the transaction of the intent asks again. */
async function requirePlanned(session: Session, { planId, itemId, authority }: DeviceRequest): Promise<void> {
  if (planId === null) return;
  if (itemId === null) throw badInput('item-missing', 'A plan was named and no item of it', ITEM_HINT);
  await session.store.transaction((transaction) => authority.authorize(transaction, planId, itemId));
}

const ITEM_HINT = { hint: 'Name the device of the inventory with --item ID' };

/** Writes record and log; the authority of a sanitization is the person who confirmed it. */
class SanitizationJournal implements DeviceJournal {
  record: SanitizationRecord | null = null;

  constructor(
    private readonly session: Session,
    private readonly request: DeviceRequest,
    private readonly chosen: OfferedTechnique,
  ) {}

  async intent(marks: Marks | null): Promise<void> {
    const { session, request } = this;
    const { technique } = this.chosen;
    const operator = await session.operator();
    const id = `san-${session.today()}-${randomBytes(3).toString('hex')}`;
    const target: StoredTarget = {
      device: request.device,
      technique,
      stated: request.stated,
      marks,
      planId: request.planId,
    };
    await session.store.transaction(async (transaction) => {
      // Asked again under the lock: a hold may have come since.
      await requireUnopposed(session, request, transaction);
      const { planId, itemId, authority } = request;
      if (planId !== null && itemId !== null) await authority.authorize(transaction, planId, itemId);
      const entry = await session.recorder.append(transaction, {
        action: 'media.sanitize',
        outcome: 'intent',
        subject: {
          ...subjectOf(id, request.itemId),
          ...(request.planId !== null && { plan: request.planId }),
        },
        data: {
          device: request.device.confirmation,
          model: request.device.model,
          bytes: request.device.bytes,
          method: request.method,
          technique: technique.id,
          tool: technique.tool,
          stated: request.stated,
          accept_residual: request.acceptResidual,
        },
      });
      this.record = {
        id,
        itemId: request.itemId,
        confirmation: request.device.confirmation,
        state: 'begun',
        method: request.method,
        technique: technique.id,
        target: JSON.stringify(target),
        outcome: null,
        result: null,
        startedAt: instant(session.clock),
        startedBy: operator.id,
        finishedAt: null,
        intentSeq: entry.seq,
        outcomeSeq: null,
      };
      await transaction.sanitizations.insert(this.record);
    });
  }

  async marked(): Promise<void> {
    const { record } = this;
    if (record === null) throw new Error('A device was marked before its intent');
    await this.session.store.transaction((transaction) => transaction.sanitizations.setMarked(record.id));
  }

  async outcome(outcome: SanitizationOutcome): Promise<void> {
    if (this.record === null) throw new Error('A device has an outcome and no intent');
    await recordOutcome(this.session, this.record, outcome);
  }
}

function subjectOf(id: string, itemId: string | null): Record<string, string> {
  return { sanitization: id, ...(itemId === null ? {} : { item: itemId }) };
}

async function recordOutcome(
  session: Session,
  record: SanitizationRecord,
  outcome: SanitizationOutcome,
): Promise<void> {
  await session.store.transaction(async (transaction) => {
    const entry = await session.recorder.append(transaction, {
      action: 'media.sanitize',
      outcome: isDestroyed(outcome.outcome) ? 'done' : 'failed',
      subject: subjectOf(record.id, record.itemId),
      data: {
        outcome: outcome.outcome,
        sanitization: outcome.sanitization,
        reasons: outcome.reasons.map(({ code }) => code),
        verification: outcome.verification.kind,
        verified: outcome.verification.result,
        bytes_read: outcome.verification.bytesRead,
        discarded: outcome.discarded,
      },
    });
    if (closes(outcome) && record.itemId !== null && planOf(record) !== null) {
      await transaction.items.moveState([record.itemId], 'active', 'disposed');
    }
    await transaction.sanitizations.finish(record.id, {
      outcome: outcome.outcome,
      result: JSON.stringify(outcome),
      finishedAt: instant(session.clock),
      outcomeSeq: entry.seq,
    });
  });
}

function planOf(record: SanitizationRecord): string | null {
  return (JSON.parse(record.target) as StoredTarget).planId ?? null;
}

/** Whether nothing could be left behind, as the certificate says it too. */
function closes({ outcome, sanitization }: SanitizationOutcome): boolean {
  return isDestroyed(outcome) && sanitization !== null;
}

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
      const { device, technique, planId = null } = stored;
      await certifyDevice(session, finished, { device, technique, planId }, request.authority);
    }
  }
  return settled;
}
