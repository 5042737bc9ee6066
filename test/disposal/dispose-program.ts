// Disposes of paths and kills itself, for real, after a given number of steps.
import { disposeOf, examineSelection, readStatement } from '../../src/disposal/index.js';
import { openSession } from '../../src/session/index.js';
import { workspacePaths } from '../../src/workspace/index.js';
import { TestClock } from '../session/test-clock.js';

const [root = '', killAt = '-1', ...names] = process.argv.slice(2);
const session = await openSession({
  paths: workspacePaths(root),
  command: 'dispose',
  clock: new TestClock(),
});
const steps: string[] = [];
const statement = await readStatement(session, {
  ground: undefined,
  recordClass: undefined,
  authority: undefined,
  piElements: [],
  dataSubjects: undefined,
  paths: names.length,
});
const selection = await examineSelection(session, { names, folder: root, recordClass: null });
await disposeOf(session, selection, statement, {
  acceptResidual: true,
  observe: ({ step }) => {
    steps.push(step);
    if (steps.length === Number(killAt)) process.kill(process.pid, 'SIGKILL');
  },
});
await session.close();
process.stdout.write(`${JSON.stringify(steps)}\n`);
