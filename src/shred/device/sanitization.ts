import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Outcome, Reason } from '../../model/index.js';
import type { DeviceFacts } from './device-facts.js';
import { deviceReason } from './device-reasons.js';
import type { DeviceVerification, SanitizationType, SanitizeWork } from './device-sanitizer.js';
import { deviceObjections } from './device-use.js';
import { type Marks, NOT_VERIFIED, placeMarks, planMarks, verifyDevice } from './device-verification.js';
import { discard } from './discard-sanitizer.js';
import { OverwritingSanitizer } from './overwriting-sanitizer.js';
import type { OfferedTechnique } from './sanitizer-choice.js';

/** What became of a device, and how that is known. */
export interface SanitizationOutcome {
  outcome: Extract<
    Outcome,
    'sanitized' | 'overwritten-residual' | 'key-erased' | 'failed' | 'unknown' | 'refused'
  >;
  /** What is claimed; null where nothing is. */
  sanitization: SanitizationType | null;
  /** Why it is no more than that. */
  reasons: Reason[];
  verification: DeviceVerification;
  /** What nothing can prove. */
  limits: readonly Reason[];
  /** The blocks were discarded after the verification. */
  discarded: boolean;
}

/**
 * The memory of a sanitization, and its authority. Each promise resolves when the change is durable: what is written
 * next cannot be taken back. When a call rejects, nothing further is done.
 */
export interface DeviceJournal {
  /** Before anything is written. */
  intent(marks: Marks | null): Promise<void>;
  /** The marks stand on the device, and its command comes next. */
  marked(): Promise<void>;
  outcome(outcome: SanitizationOutcome): Promise<void>;
}

export interface SanitizationOptions {
  /** Read all of the device back, or samples. */
  verification: 'full' | 'sampled';
  /** Go on where the technique can leave data behind. */
  acceptResidual: boolean;
  /** For a cryptographic erase: what a person has stated about the keys and the medium. */
  stated: { noKeyCopies: boolean; neverPlaintext: boolean };
  /** Files and folders that the device must not stand for. */
  protectedPaths: readonly string[];
  /** Discard the blocks after an overwriting. */
  discard: boolean;
  signal?: AbortSignal | undefined;
  onProgress?: ((phase: 'writing' | 'erasing' | 'reading', fraction: number) => void) | undefined;
  patience?: Partial<Patience>;
}

/** How long a device may take, in milliseconds. */
export interface Patience {
  /** Between two questions. */
  poll: number;
  /** Without any progress. */
  stall: number;
  /** For all of it. */
  limit: number;
}

const PATIENCE: Patience = { poll: 5_000, stall: 30 * 60_000, limit: 72 * 60 * 60_000 };

/** What stands against a claim before anything is written: of the technique, and of what nobody has stated. */
export function residualOf({ technique }: OfferedTechnique, stated: SanitizationOptions['stated']): Reason[] {
  const residual = [...technique.residual];
  if (technique.leaves !== 'key-slots-empty') return residual;
  if (!stated.noKeyCopies) residual.push(deviceReason('key-copies-unattested'));
  if (!stated.neverPlaintext) residual.push(deviceReason('plaintext-unattested'));
  return residual;
}

/**
 * Sanitizes a whole device: the only function of this program that does.
 *
 * Checks that nobody uses it, tells the journal the intent, writes marks, has the device or this program erase, waits
 * until the device says that it is complete (that it accepted the command is not enough), reads back, and tells the
 * journal the outcome. When the process dies, {@link settleSanitization} finds out what became of it.
 *
 * @throws what the journal throws
 */
export async function sanitizeDevice(
  device: DeviceFacts,
  chosen: OfferedTechnique,
  journal: DeviceJournal,
  options: SanitizationOptions,
): Promise<SanitizationOutcome> {
  const { technique } = chosen;
  const objections = await deviceObjections(
    device,
    options.protectedPaths,
    technique.leaves === 'key-slots-empty',
  );
  if (device.namespaces > 1 && technique.id.startsWith('nvme-')) {
    objections.push(deviceReason('several-namespaces', String(device.namespaces)));
  }
  if (objections.length > 0) return without('refused', objections, chosen);
  const residual = residualOf(chosen, options.stated);
  if (residual.length > 0 && !options.acceptResidual) {
    return without('refused', [deviceReason('residual'), ...residual], chosen);
  }
  const seed = randomBytes(16).toString('hex');
  const marks = technique.leaves === 'changed' ? planMarks(device, randomBytes(16).toString('hex')) : null;
  await journal.intent(marks);
  const outcome = await carriedOut(device, chosen, { journal, marks, seed, residual, options }).catch(
    systemFailure(chosen),
  );
  await journal.outcome(outcome);
  return outcome;
}

interface Work {
  journal: Pick<DeviceJournal, 'marked'>;
  marks: Marks | null;
  seed: string;
  residual: readonly Reason[];
  options: SanitizationOptions;
}

async function carriedOut(
  device: DeviceFacts,
  chosen: OfferedTechnique,
  work: Work,
): Promise<SanitizationOutcome> {
  const { sanitizer, technique } = chosen;
  const { options, seed } = work;
  let marks = work.marks;
  const unproved: Reason[] = [];
  if (marks !== null && (await placeMarks(device, marks)) === 0) {
    marks = null;
    unproved.push(deviceReason('marks-refused'));
  }
  await work.journal.marked();
  const doing: SanitizeWork = {
    seed,
    signal: options.signal,
    onProgress: (fraction) => options.onProgress?.('writing', fraction),
  };
  const started = await sanitizer.start(device, technique, doing);
  if (!started.accepted) {
    // Past its time the device may still be at work, and what is true later is not known now.
    const open = started.reason.code === 'time-out';
    return without(open ? 'unknown' : 'failed', [started.reason], chosen);
  }
  const waiting = await completion(device, chosen, options);
  if (waiting !== null) return without(waiting.open ? 'unknown' : 'failed', [waiting.reason], chosen);
  return await verified(device, chosen, { ...work, marks }, [
    ...work.residual,
    ...started.reasons,
    ...unproved,
  ]);
}

/**
 * Finds out what became of a sanitization that was cut off. The status is read from the device again, and is waited for
 * where it is still at work.
 *
 * @param marks those of the intent, where they are known to have been written; without them nothing can be claimed
 */
export async function settleSanitization(
  device: DeviceFacts,
  chosen: OfferedTechnique,
  marks: Marks | null,
  options: SanitizationOptions,
): Promise<SanitizationOutcome> {
  const { state } = await chosen.sanitizer.progress(device, chosen.technique);
  if (state === 'running') {
    const waiting = await completion(device, chosen, options);
    if (waiting !== null) return without(waiting.open ? 'unknown' : 'failed', [waiting.reason], chosen);
  } else if (state !== 'complete') {
    return without('unknown', [deviceReason('cut-off')], chosen);
  }
  const keys = chosen.technique.leaves === 'key-slots-empty';
  if (marks === null && !keys) return without('unknown', [deviceReason('cut-off')], chosen);
  const residual = residualOf(chosen, options.stated);
  const journal = { marked: () => Promise.resolve() };
  return await verified(device, chosen, { journal, marks, seed: '', residual, options }, residual).catch(
    systemFailure(chosen),
  );
}

/** Waits for the device. @returns null where it says that it is complete, or says nothing */
async function completion(
  device: DeviceFacts,
  { sanitizer, technique }: OfferedTechnique,
  { signal, onProgress, patience }: SanitizationOptions,
): Promise<{ reason: Reason; open: boolean } | null> {
  const { poll, stall, limit } = { ...PATIENCE, ...patience };
  const began = performance.now();
  let moved = began;
  let last: number | null = null;
  for (;;) {
    const { state, fraction } = await sanitizer.progress(device, technique);
    const now = performance.now();
    if (state === 'complete' || state === 'silent') return null;
    if (state === 'failed') return { reason: deviceReason('device-failed'), open: false };
    // Some controllers show their new operation only after a moment.
    if (state === 'none' && now - began > Math.min(stall, 60_000)) {
      return { reason: deviceReason('no-completion'), open: true };
    }
    if (fraction !== last) moved = now;
    last = fraction;
    if (fraction !== null) onProgress?.('erasing', fraction);
    if (now - moved > stall) return { reason: deviceReason('stalled'), open: true };
    if (now - began > limit) return { reason: deviceReason('time-out'), open: true };
    if (signal?.aborted) return { reason: deviceReason('stopped'), open: true };
    await sleep(poll);
  }
}

async function verified(
  device: DeviceFacts,
  chosen: OfferedTechnique,
  { marks, seed, options }: Work,
  residual: readonly Reason[],
): Promise<SanitizationOutcome> {
  const { sanitizer, technique } = chosen;
  const unwritten = sanitizer instanceof OverwritingSanitizer ? sanitizer.unwritten : [];
  const { verification, reasons } = sanitizer.verify
    ? await sanitizer.verify(device)
    : await verifyDevice(device, technique, {
        marks,
        seed,
        kind: options.verification,
        unwritten,
        signal: options.signal,
        onProgress: (fraction) => options.onProgress?.('reading', fraction),
      });
  const limits = [
    ...technique.limits,
    ...(verification.kind === 'sampled' ? [deviceReason('sampled-only')] : []),
  ];
  if (verification.result !== 'passed') {
    return { outcome: 'failed', sanitization: null, reasons, verification, limits, discarded: false };
  }
  const all = [...residual, ...reasons];
  const discarded =
    options.discard && technique.id.startsWith('overwrite') && (await discard(device)).accepted;
  const keys = technique.leaves === 'key-slots-empty';
  return {
    outcome: keys ? 'key-erased' : residual.length === 0 ? 'sanitized' : 'overwritten-residual',
    // With anything left behind the medium is not sanitized in the standard's sense.
    sanitization: residual.length === 0 ? technique.sanitization : null,
    reasons: all,
    verification,
    limits,
    discarded,
  };
}

function without(
  outcome: 'refused' | 'failed' | 'unknown',
  reasons: Reason[],
  { technique }: OfferedTechnique,
): SanitizationOutcome {
  return {
    outcome,
    sanitization: null,
    reasons,
    verification: NOT_VERIFIED,
    limits: technique.limits,
    discarded: false,
  };
}

/** An error of the system is an outcome: the device was pulled out, or somebody opened it in between. */
function systemFailure(chosen: OfferedTechnique): (error: unknown) => SanitizationOutcome {
  return (error) => {
    if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) throw error;
    return without('failed', [deviceReason('tool-failed', String(error.code))], chosen);
  };
}
