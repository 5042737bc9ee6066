import type { Recorder } from '../audit/index.js';
import { Fault } from '../model/index.js';
import type { Store } from '../store/index.js';
import type { Clock, LogSettings, WorkspacePaths } from '../workspace/index.js';

/**
 * Ends the log's part of a session: a checkpoint where something was destroyed or certified, and its delivery to the
 * witnesses. What the command did is done and recorded; that it has no signature or no witness is said, and stops nothing.
 *
 * @throws Fault `log-inconsistent`, `log-rewound`, `checkpoint-changed` (exit 5)
 */
export async function finishLog(log: {
  store: Store;
  recorder: Recorder;
  clock: Clock;
  paths: WorkspacePaths;
  settings: () => { log: LogSettings };
  warn: (text: string) => void;
}): Promise<void> {
  const { recorder, warn } = log;
  if (recorder.needsCheckpoint) {
    const { checkpointLog, isWithoutKey } = await signing();
    try {
      await checkpointLog(log);
    } catch (error) {
      if (!isWithoutKey(error)) throw error;
      warn(`${error.message}. ${error.hint ?? ''}`);
      return;
    }
  }
  if (recorder.problem) warn(`${recorder.problem.message}. ${recorder.problem.hint ?? ''}`);
  if (!recorder.hasSigned) return;
  try {
    for (const text of await deliver(log, { force: false })) warn(text);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    warn(`${error.message}. ${error.hint ?? ''}`);
  }
}

/** Hands the newest checkpoint to the witnesses of quietus.yaml. @returns what was not delivered, one sentence each */
export async function deliver(
  log: {
    store: Store;
    clock: Clock;
    paths: WorkspacePaths;
    settings: () => { log: LogSettings };
  },
  options: { force: boolean },
): Promise<string[]> {
  const { store, clock, paths } = log;
  const { witnesses } = log.settings().log;
  const { deliverCheckpoint } = await signing();
  return await deliverCheckpoint({ store, clock, checkpoints: paths.checkpoints, witnesses }, options);
}

/** Loaded where something is signed: most commands sign nothing, and this is a third of what they would load. */
async function signing() {
  return await import('../audit/index.js');
}
