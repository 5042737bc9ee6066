import { issueCertificate } from '../../src/certificate/index.js';
import { openSession } from '../../src/session/index.js';
import { systemClock, workspacePaths } from '../../src/workspace/index.js';
import { recordRun } from './certified-run.js';

// Issues one certificate after another in the workspace that is named, and prints each number: to be raced and killed.
const [root = '', name = '', count = '1'] = process.argv.slice(2);
const session = await openSession({ paths: workspacePaths(root), command: 'test', clock: systemClock });
for (let n = 0; n < Number(count); n++) {
  const facts = await recordRun(session, `run-${name}-${n}`);
  console.log(`recorded ${facts.subject.id}`);
  const { number } = await issueCertificate(session, facts);
  console.log(`issued ${number}`);
}
await session.close();
