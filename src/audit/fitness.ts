import type { Clock } from '../workspace/index.js';
import { requireSoundClock } from './clock-standing.js';
import { requireNotRewound } from './kept-checkpoints.js';
import { requireWholeLog } from './log-fault.js';
import { type LogPlace, verifyWorkspaceLog } from './workspace-log.js';

/** A workspace in which something is to be destroyed. A session is one. */
export interface DestructionPlace extends LogPlace {
  readonly clock: Clock;
}

/**
 * Asked before anything is destroyed. What is due depends on the day, and what must be kept on what the log tells of holds,
 * statements and approvals: so the day must be what the clock says, the database the newest one, and the log whole, every
 * entry of it. A log of a million entries takes some seconds. A key of the log that is there must be one that can be used: the
 * checkpoint after the act would be refused, and with it the certificate.
 *
 * @throws Fault `clock-backwards`, `clock-jump`, `permissions-too-wide`, `file-of-another` (exit 4), `key-file-invalid`,
 *   `log-rewound`, `log-broken` (exit 5)
 */
export async function requireFitToDestroy(place: DestructionPlace): Promise<void> {
  await requireCurrent(place);
  await requireLogToRelyOn(place);
}

/**
 * The whole log verifies, with all checkpoints that are within reach: before something is destroyed or certified on the word
 * of single entries. Not asked are entries without a checkpoint, because what is to come ends with one, and time-stamps, which
 * keep nothing from being destroyed.
 *
 * @throws Fault `permissions-too-wide`, `file-of-another` (exit 4), `key-file-invalid`, `log-broken` (exit 5)
 */
export async function requireLogToRelyOn(place: LogPlace): Promise<void> {
  requireWholeLog(await verifyWorkspaceLog(place, { unsignedEntries: undefined, timestamps: false }));
}

/**
 * Whether the day is what the clock says, and whether the database is the newest one.
 *
 * @throws Fault `clock-backwards`, `clock-jump` (exit 4), `log-rewound` (exit 5)
 */
export async function requireCurrent({ store, clock, paths, settings }: DestructionPlace): Promise<void> {
  const { workspaceId, log } = settings();
  const { checkpoints } = paths;
  await requireNotRewound({ store, workspaceId, checkpoints, witnessFolder: log.witnesses.folder });
  await requireSoundClock({ store, clock, settings });
}
