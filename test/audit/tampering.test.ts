import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type LogVerification, requireFitToDestroy, verifyWorkspaceLog } from '../../src/audit/index.js';
import { openSession } from '../../src/session/index.js';
import { workspacePaths } from '../../src/workspace/index.js';
import { TestClock } from '../session/sample-workspace.js';
import { temporaryFolder } from '../temporary-folder.js';
import { copyOfCorpus, type Kept, SIZES, TAMPERINGS, type Workspace } from './tampering.js';

async function verify(
  { root, kept }: Workspace,
  given: readonly (keyof Kept)[] = [],
): Promise<LogVerification> {
  const session = await openSession({ paths: workspacePaths(root), command: 'log verify' });
  onTestFinished(() => session.close());
  const against = given.filter((name) => name !== 'key').map((name) => kept[name]);
  return await verifyWorkspaceLog(session, { against, key: given.includes('key') ? kept.key : undefined });
}

describe('a log that was not tampered with', () => {
  it('verifies, with all that is kept elsewhere', async () => {
    const workspace = await copyOfCorpus(temporaryFolder());
    expect(workspace.sql('select group_concat(size) from log_checkpoints')).toBe(
      Object.values(SIZES).join(','),
    );
    expect(await verify(workspace, ['checkpoint', 'newestCheckpoint', 'key'])).toMatchObject({
      problem: null,
      entries: 574,
      unsigned: 3,
      checkpoints: 4,
      keys: [{ epoch: 1 }, { epoch: 1, seq: 451 }],
    });
  });
});

describe('a log is refused of somebody who', () => {
  it.each(TAMPERINGS.map((each) => [each.does, each] as const))('%s', async (_, tampering) => {
    const workspace = await copyOfCorpus(temporaryFolder());
    await tampering.tamper(workspace);
    const { problem } = await verify(workspace, tampering.with);
    expect(problem).toMatchObject({ code: tampering.code, seq: tampering.seq });
    expect(problem?.text).not.toBe('');
    expect(join(workspace.root)).toContain('workspace');
  });
});

describe('nothing is destroyed in a workspace whose log', () => {
  async function destroyIn({ root }: Workspace): Promise<void> {
    const session = await openSession({
      paths: workspacePaths(root),
      command: 'dispose',
      clock: new TestClock(),
    });
    onTestFinished(() => session.close());
    await requireFitToDestroy(session);
  }

  it('is whole: there something may be', async () => {
    await destroyIn(await copyOfCorpus(temporaryFolder()));
  });

  // Whatever shows without a thing that a person kept.
  const shown = TAMPERINGS.filter(({ with: given = [] }) => given.length === 0);
  it.each(shown.map((each) => [each.does, each] as const))(
    'belongs to somebody who %s',
    async (_, tampering) => {
      const workspace = await copyOfCorpus(temporaryFolder());
      await tampering.tamper(workspace);
      await expect(destroyIn(workspace)).rejects.toMatchObject({
        code: expect.stringMatching(/^(log-broken|log-rewound|log-tree-damaged|clock-backwards|clock-jump)$/),
      });
    },
  );
});
