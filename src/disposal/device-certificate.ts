import { type LogEvent, parseLogEntry, tellsOfEvent } from '../audit/index.js';
import {
  type CertificateFacts,
  type CertifiedItemFacts,
  certifiedClasses,
  issueCertificate,
  type LogReference,
} from '../certificate/index.js';
import { canonicalJson } from '../crypto/index.js';
import { classesOf } from '../model/index.js';
import { keepingClass } from '../schedule/index.js';
import type { Session } from '../session/index.js';
import type { DeviceFacts, SanitizationOutcome, Technique } from '../shred/index.js';
import type { CertificateRecord, LogRecord, SanitizationRecord } from '../store/index.js';
import type { DeviceAuthority } from './device-authority.js';
import { outcomeChanged } from './outcome-evidence.js';
import { intentEvent, type StoredTarget, sanitizationEvent } from './sanitization-journal.js';

/**
 * Issues the certificate of a sanitized device, once, from its record. Only what was done as a whole is certified: where
 * something could be left, or where nothing is known, there is none.
 *
 * @throws Fault `outcome-changed` (exit 5)
 */
export async function certifySanitization(
  session: Session,
  record: SanitizationRecord,
  authority: DeviceAuthority,
): Promise<CertificateRecord | null> {
  if (record.result === null || record.finishedAt === null || record.outcomeSeq === null) return null;
  const outcome = JSON.parse(record.result) as SanitizationOutcome;
  if (outcome.outcome !== 'sanitized' && outcome.outcome !== 'key-erased') return null;
  if (outcome.outcome === 'sanitized' && outcome.sanitization === null) return null;
  const { intentSeq, outcomeSeq } = record;
  const stored = JSON.parse(record.target) as StoredTarget;
  if (
    !isAsIntended(await session.store.log.get(intentSeq), intentEvent(record, stored)) ||
    !tellsOfEvent(await session.store.log.get(outcomeSeq), sanitizationEvent(record, outcome))
  )
    throw outcomeChanged(record.id);
  const hashes = await session.store.log.hashes([intentSeq, outcomeSeq]);
  const log = {
    intentSeq,
    intentHash: hashes.get(intentSeq) ?? '',
    outcomeSeq,
    outcomeHash: hashes.get(outcomeSeq) ?? '',
  };
  const { technique, planId = null } = stored;
  const planned = planId === null ? null : await authority.certified(planId, record.startedAt);
  const operator = await session.store.operators.get(record.startedBy);
  const facts: CertificateFacts = {
    subject: { kind: 'device', id: record.id, plan: planned?.plan ?? null, ground: null },
    startedAt: record.startedAt,
    finishedAt: record.finishedAt,
    operator: {
      id: record.startedBy,
      name: operator?.name ?? record.startedBy,
      account: operator?.account ?? '',
    },
    approvals: planned?.approvals ?? [],
    items: [await deviceItem(session, record, { stored, outcome, log })],
    exceptions: [],
    methods: [{ code: technique.id, text: technique.text }],
    limits: outcome.limits,
    holdsInForce: (await session.store.holds.active()).length,
  };
  return await issueCertificate(session, facts);
}

/**
 * Whether the entry before anything was written tells of this device and of this authority; of no other item or plan, so
 * that none can be written in. Entries of earlier versions have no digest of the record.
 */
function isAsIntended(record: LogRecord | undefined, event: LogEvent): boolean {
  const subject = record && parseLogEntry(record.entry)?.subject;
  return tellsOfEvent(record, event) && canonicalJson(subject) === canonicalJson(event.subject);
}

async function deviceItem(
  session: Session,
  record: SanitizationRecord,
  done: { stored: StoredTarget; outcome: SanitizationOutcome; log: LogReference },
): Promise<CertifiedItemFacts> {
  const { stored, outcome, log } = done;
  const { device, technique, source = null, destination = null } = stored;
  const item = record.itemId === null ? undefined : await session.store.items.get(record.itemId);
  const schedule = await session.store.schedules.latest();
  const classes = item
    ? classesOf(item).flatMap((id) => schedule?.classes.find((each) => each.id === id) ?? [])
    : [];
  const keeping = item && keepingClass(item, classes, item.due.keepUntil, session.settings());
  return {
    id: record.itemId ?? record.id,
    title: null,
    ...certifiedClasses(classes, keeping),
    medium: item?.medium ?? (device.removable ? 'removable' : 'device'),
    media: {
      type: mediaType(device),
      vendor: device.vendor,
      model: device.model,
      serial: device.serial,
      propertyNumber: record.itemId,
      capacityBytes: device.bytes,
    },
    source,
    destination,
    piElements: item?.piElements ?? [],
    dataSubjects: item?.dataSubjects ?? null,
    keepUntil: item?.due.keepUntil ?? null,
    outcome: outcome.outcome === 'sanitized' ? 'sanitized' : 'key-erased',
    sanitization: outcome.sanitization === null ? null : SANITIZATIONS[outcome.sanitization],
    method: technique.id,
    passes: technique.leaves === 'keystream' ? 1 : 0,
    tool: technique.tool,
    verification: verificationOf(outcome),
    files: 0,
    bytes: outcome.outcome === 'sanitized' ? device.bytes : 0,
    ...statesOf(technique, outcome),
    residual: outcome.reasons,
    statement: null,
    log,
  };
}

/** What the device held is not looked at: a certificate that told of it would tell of the records. */
function statesOf(
  { leaves }: Pick<Technique, 'leaves'>,
  { verification: { found } }: SanitizationOutcome,
): Pick<CertifiedItemFacts, 'preState' | 'postState'> {
  if (leaves === 'key-slots-empty') {
    return { preState: 'LUKS container with its key slots', postState: 'ciphertext without a key slot' };
  }
  const preState = 'able to be read; its content was not looked at';
  if (leaves === 'keystream') return { preState, postState: 'holds the pseudo-random data that was written' };
  return { preState, postState: found === null ? null : `what was read back is ${FOUND[found]}` };
}

const FOUND = {
  zeros: 'nothing but zeros',
  uniform: 'one byte over and over',
  mixed: 'not what had been there where it was marked',
} as const;

const SANITIZATIONS = { Clear: 'clear', Purge: 'purge' } as const;

const TYPES: Readonly<Partial<Record<DeviceFacts['kind'], string>>> = {
  nvme: 'NVMe solid-state drive',
  mmc: 'memory card',
  loop: 'loop device (a file)',
  virtio: 'virtual disk',
};

/** What the system says; whether a disk rotates is wrong in many virtual machines. */
function mediaType({ kind, rotational }: DeviceFacts): string {
  return TYPES[kind] ?? (rotational ? 'hard disk' : 'solid-state drive');
}

function verificationOf({ verification, limits }: SanitizationOutcome): CertifiedItemFacts['verification'] {
  if (verification.result !== 'passed') return { result: 'not-performed', readFrom: null };
  if (verification.kind === 'key-slots') {
    const detail = `${verification.samples} former key slots were read back and have changed; the header holds none`;
    return { result: 'passed', readFrom: null, method: 'key-refused', detail };
  }
  const read = `${verification.bytesRead} bytes in ${verification.samples} samples were read back`;
  const unproved = limits.map(({ text }) => text).join(' ');
  return {
    result: 'passed',
    readFrom: verification.readFrom,
    method: verification.kind === 'full' ? 'full-read-back' : 'sampled-read-back',
    detail: verification.kind === 'full' ? unproved : `${read}. ${unproved}`,
  };
}
