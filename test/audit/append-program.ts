import type { LogEvent } from '../../src/audit/index.js';
import { openSession } from '../../src/session/index.js';
import { workspacePaths } from '../../src/workspace/index.js';

// Appends to the log of a workspace, seven entries in each of 80 transactions, and tells its parent after each commit.
const [root = '', name = ''] = process.argv.slice(2);
const session = await openSession({ paths: workspacePaths(root), command: name });
const events = Array.from(
  { length: 7 },
  (): LogEvent => ({ action: 'test.test', outcome: 'done', data: { name } }),
);
for (let count = 1; count <= 80; count += 1) {
  await session.store.transaction((transaction) => session.recorder.appendAll(transaction, events));
  process.send?.(count);
}
await session.close();
process.disconnect();
