import files from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { archiveLog } from '../../src/audit/index.js';
import { openSession } from '../../src/session/index.js';
import { workspacePaths } from '../../src/workspace/index.js';

// Archives the log of a workspace and kills itself at a step: before or after a file is flushed or renamed, or a
// transaction ends. Prints the number of steps where it gets to the end.
const [root = '', copy = '', killAt = '0', now = ''] = process.argv.slice(2);
let steps = 0;
const step = () => {
  steps += 1;
  if (steps === Number(killAt)) process.kill(process.pid, 'SIGKILL');
};
const { rename, link } = files;
files.rename = async (...names) => {
  step();
  await rename(...names);
  step();
};
files.link = async (...names) => {
  step();
  await link(...names);
  step();
};
const handle = await files.open(process.execPath, 'r');
const prototype = Object.getPrototypeOf(handle) as { sync(): Promise<void> };
const { sync } = prototype;
prototype.sync = async function () {
  step();
  await sync.call(this);
};
await handle.close();
syncBuiltinESMExports();

const session = await openSession({
  paths: workspacePaths(root),
  command: 'log archive',
  clock: { now: () => new Date(now) },
});
const { store } = session;
const transaction = store.transaction.bind(store);
store.transaction = async (work) => {
  const result = await transaction(async (inner) => {
    step();
    const done = await work(inner);
    step();
    return done;
  });
  step();
  return result;
};
await archiveLog(session, { copy });
await session.close();
process.stdout.write(`${steps}\n`);
