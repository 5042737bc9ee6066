import { checkpointLog, type Recorder } from '../audit/index.js';
import { Fault } from '../model/index.js';
import type { Store } from '../store/index.js';

/**
 * Ends the log's part of a session: a checkpoint where something was destroyed or certified. What the command did is
 * done and recorded; that it has no signature is said, and stops nothing.
 *
 * @throws Fault `log-inconsistent`, `log-rewound`, `checkpoint-changed` (exit 5)
 */
export async function finishLog(log: {
  store: Store;
  recorder: Recorder;
  warn: (text: string) => void;
}): Promise<void> {
  const { recorder, warn } = log;
  if (recorder.needsCheckpoint) {
    try {
      await checkpointLog(log);
    } catch (error) {
      if (!(error instanceof Fault) || error.code !== 'log-key-lost') throw error;
      warn(`${error.message}. ${error.hint ?? ''}`);
      return;
    }
  }
  if (recorder.problem) warn(`${recorder.problem.message}. ${recorder.problem.hint ?? ''}`);
}
