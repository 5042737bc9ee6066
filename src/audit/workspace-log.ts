import type { CertificateRecord, Store } from '../store/index.js';
import type { LogSettings } from '../workspace/index.js';
import { timestampProblem } from './checkpoint-timestamps.js';
import { publishedLogKey, readTrustedKey } from './log-key.js';
import { outsideCheckpoints } from './outside-checkpoints.js';
import { type LogVerification, verifyLog } from './verification.js';

/** A workspace whose log is verified. A session is one. */
export interface LogPlace {
  readonly store: Store;
  readonly paths: { keys: string; checkpoints: string; segments: string };
  settings(): { workspaceId: string; log: LogSettings };
}

export interface WorkspaceLogOptions {
  /** Files with checkpoints that a person kept. */
  against?: readonly string[];
  /** File with the first public key, which a person kept. */
  key?: string | undefined;
  /** Most entries that may be without a checkpoint, instead of the number in the settings; undefined for any number. */
  unsignedEntries?: number | undefined;
  /** Whether the time-stamps of checkpoints are looked at, too. Default: they are. */
  timestamps?: boolean;
  onProgress?: (entries: number) => void;
  signal?: AbortSignal;
  certificateFiles?: (certificate: CertificateRecord) => Promise<string | null>;
}

/**
 * Verifies the log of a workspace by its settings, its key and all checkpoints that are within reach.
 *
 * @throws Fault `checkpoint-unreadable`, `checkpoint-of-another`, `log-key-invalid` (exit 2) for files that a person names
 */
export async function verifyWorkspaceLog(
  place: LogPlace,
  { against = [], key, timestamps = true, ...options }: WorkspaceLogOptions = {},
): Promise<LogVerification> {
  const { workspaceId, log } = place.settings();
  const { checkpoints, keys } = place.paths;
  const places = { checkpoints, witnessFolder: log.witnesses.folder, against };
  const verified = await verifyLog(place.store, {
    workspace: workspaceId,
    segments: place.paths.segments,
    clockTolerance: log.clockTolerance,
    unsignedEntries: log.unsignedEntries,
    outside: await outsideCheckpoints(places, workspaceId),
    trustedKey: key === undefined ? undefined : readTrustedKey(key),
    currentKey: await publishedLogKey(keys, workspaceId),
    ...options,
  });
  if (verified.problem !== null || !timestamps) return verified;
  return { ...verified, problem: await timestampProblem(place) };
}
