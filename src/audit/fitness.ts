import type { Store } from '../store/index.js';
import type { Clock } from '../workspace/index.js';
import { requireSoundClock } from './clock-standing.js';
import { requireNotRewound } from './kept-checkpoints.js';

/** A workspace in which something is to be destroyed. A session is one. */
export interface DestructionPlace {
  readonly store: Store;
  readonly clock: Clock;
  readonly paths: { checkpoints: string };
  settings(): {
    workspaceId: string;
    log: { clockTolerance: number; witnesses: { folder: string | null } };
  };
}

/**
 * Asked before anything is destroyed: whether the day is what the clock says, and whether the database is the newest one.
 * What is due depends on the one, and which holds there are on the other.
 *
 * @throws Fault `clock-backwards`, `clock-jump` (exit 4), `log-rewound` (exit 5)
 */
export async function requireFitToDestroy({
  store,
  clock,
  paths,
  settings,
}: DestructionPlace): Promise<void> {
  const { workspaceId, log } = settings();
  const { checkpoints } = paths;
  await requireNotRewound({ store, workspaceId, checkpoints, witnessFolder: log.witnesses.folder });
  await requireSoundClock({ store, clock, settings });
}
