// Runs a plan and kills itself, for real, after a given number of steps.
import { runSweep } from '../../src/retention/index.js';
import { openSession } from '../../src/session/index.js';
import { workspacePaths } from '../../src/workspace/index.js';
import { TestClock } from '../session/test-clock.js';

const [root = '', plan = '', killAt = '-1'] = process.argv.slice(2);
const session = await openSession({
  paths: workspacePaths(root),
  command: 'sweep run',
  clock: new TestClock(),
});
let steps = 0;
const names: string[] = [];
await runSweep(session, plan, {
  acceptResidual: true,
  observe: ({ step }) => {
    steps += 1;
    names.push(step);
    if (steps === Number(killAt)) process.kill(process.pid, 'SIGKILL');
  },
});
await session.close();
process.stdout.write(`${JSON.stringify(names)}\n`);
