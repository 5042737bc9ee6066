// Archives an item or erases an archive, and kills itself, for real, after a given number of steps.
import { readFileSync } from 'node:fs';
import { createArchive, eraseArchives } from '../../src/archive/index.js';
import { protectedPaths } from '../../src/disposal/index.js';
import { openSession } from '../../src/session/index.js';
import { workspacePaths } from '../../src/workspace/index.js';
import { TestClock } from '../session/test-clock.js';

const [root = '', what = '', id = '', identityFile = '', killAt = '-1'] = process.argv.slice(2);
const session = await openSession({ paths: workspacePaths(root), command: 'test', clock: new TestClock() });
const names: string[] = [];
const observe = (step: string): void => {
  names.push(step);
  if (names.length === Number(killAt)) process.kill(process.pid, 'SIGKILL');
};
if (what === 'create') {
  await createArchive(session, {
    itemId: id,
    folder: null,
    keepPlaintext: false,
    acceptResidual: true,
    eraseAfter: null,
    objection: async () => undefined,
    protectedPaths: protectedPaths(session.paths),
    observe,
  });
} else {
  await eraseArchives(session, {
    archiveIds: [id],
    secrets: [{ kind: 'age', identity: readFileSync(identityFile, 'utf8').trim() }],
    passphrase: null,
    statements: { keyCopiesDestroyed: true, noKeyBackups: true, noPlaintextCopies: true },
    authorize: async () => undefined,
    erased: async () => undefined,
    observe,
  });
}
await session.close();
process.stdout.write(`${JSON.stringify(names)}\n`);
