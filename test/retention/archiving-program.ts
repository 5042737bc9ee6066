// Runs a plan that archives, and kills itself, for real, right after a given number of the log's entries on the archive.
import { runSweep } from '../../src/retention/index.js';
import { openSession } from '../../src/session/index.js';
import { workspacePaths } from '../../src/workspace/index.js';
import { TestClock } from '../session/test-clock.js';

/** After these entries something is durable, and the next step is not. */
const ENTRIES = ['archive.create/intent', 'archive.dispose/intent', 'archive.keep/done'];

const [root = '', plan = '', at = '0'] = process.argv.slice(2);
const session = await openSession({
  paths: workspacePaths(root),
  command: 'sweep run',
  clock: new TestClock(),
});
const transaction = session.store.transaction.bind(session.store);
let reached = false;
const append = session.recorder.append.bind(session.recorder);
session.recorder.append = async (within, event) => {
  if (`${event.action}/${event.outcome}` === ENTRIES[Number(at)]) reached = true;
  return await append(within, event);
};
session.store.transaction = async (work) => {
  const result = await transaction(work);
  if (reached) process.kill(process.pid, 'SIGKILL');
  return result;
};
await runSweep(session, plan);
await session.close();
