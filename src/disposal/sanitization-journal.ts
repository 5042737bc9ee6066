import { randomBytes } from 'node:crypto';
import type { LogEvent } from '../audit/index.js';
import type { Whereabouts } from '../certificate/index.js';
import { sha256 } from '../crypto/index.js';
import { isDestroyed } from '../model/index.js';
import type { Session } from '../session/index.js';
import type {
  DeviceFacts,
  DeviceJournal,
  Marks,
  OfferedTechnique,
  SanitizationOptions,
  SanitizationOutcome,
  Technique,
} from '../shred/index.js';
import type { SanitizationRecord, StoreTransaction } from '../store/index.js';
import { instant } from '../workspace/index.js';
import type { DeviceRequest } from './device-request.js';

/** What was kept in the record before anything was written. */
export interface StoredTarget extends Partial<Whereabouts> {
  device: DeviceFacts;
  technique: Technique;
  stated: SanitizationOptions['stated'];
  marks: Marks | null;
  /** Missing where no plan asked for it. */
  planId?: string | null;
}

/** Writes record and log; the authority of a sanitization is the person who confirmed it. */
export class SanitizationJournal implements DeviceJournal {
  record: SanitizationRecord | null = null;

  constructor(
    private readonly session: Session,
    private readonly request: DeviceRequest,
    private readonly chosen: OfferedTechnique,
    /** Asked in the transaction of the intent: a hold may have come since. Throws what stands against it. */
    private readonly authorize: (transaction: StoreTransaction) => Promise<void>,
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
      ...request.whereabouts,
    };
    await session.store.transaction(async (transaction) => {
      await this.authorize(transaction);
      const { itemId, method } = request;
      const stored = { id, itemId, method, target: JSON.stringify(target) };
      const event = intentEvent(stored, target);
      const entry = await session.recorder.append(transaction, {
        ...event,
        data: { ...event.data, stated: request.stated, accept_residual: request.acceptResidual },
      });
      this.record = {
        ...stored,
        confirmation: request.device.confirmation,
        state: 'begun',
        technique: technique.id,
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

/** What the entry before anything was written says of the record, which a certificate is made from later. */
export function intentEvent(
  { id, itemId, method, target: text }: Pick<SanitizationRecord, 'id' | 'itemId' | 'method' | 'target'>,
  { device, technique, planId = null }: StoredTarget,
): LogEvent & { data: Record<string, unknown> } {
  return {
    action: 'media.sanitize',
    outcome: 'intent',
    subject: { ...subjectOf(id, itemId), ...(planId !== null && { plan: planId }) },
    data: {
      device: device.confirmation,
      model: device.model,
      bytes: device.bytes,
      method,
      technique: technique.id,
      tool: technique.tool,
      target_sha256: sha256(text),
    },
  };
}

/** The entry of what became of a device. */
export function sanitizationEvent(
  record: Pick<SanitizationRecord, 'id' | 'itemId'>,
  outcome: SanitizationOutcome,
): LogEvent {
  return {
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
  };
}

export async function recordOutcome(
  session: Session,
  record: SanitizationRecord,
  outcome: SanitizationOutcome,
): Promise<void> {
  await session.store.transaction(async (transaction) => {
    const entry = await session.recorder.append(transaction, sanitizationEvent(record, outcome));
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
