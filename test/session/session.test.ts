import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openSession } from '../../src/session/index.js';
import { workspacePaths } from '../../src/workspace/index.js';
import { sampleSession, sampleWorkspace, TestClock } from './sample-workspace.js';

describe('a session', () => {
  it('names its operator, host, command and workspace in every entry', async () => {
    const session = await sampleSession({ command: 'hold place' });
    const record = await session.store.transaction((transaction) =>
      session.recorder.append(transaction, {
        action: 'hold.place',
        outcome: 'done',
        subject: { hold: 'H-2026-0001' },
      }),
    );
    expect(JSON.parse(record.entry)).toMatchObject({
      operator: 'jdoe',
      command: 'hold place',
      workspace: session.settings().workspaceId,
      host: expect.stringMatching(/./),
      subject: { hold: 'H-2026-0001' },
    });
  });

  it('knows the day in the zone of the organization', async () => {
    const clock = new TestClock(new Date('2026-01-01T04:30:00Z'));
    const session = await sampleSession({ clock });
    expect(session.today()).toBe('2025-12-31');
    expect(session.dayOf('2026-07-01T03:59:59.999Z')).toBe('2026-06-30');
    expect(session.dayOf('2026-07-01T04:00:00.000Z')).toBe('2026-07-01');
  });

  it('writes nothing for an account that is no operator', async () => {
    const paths = workspacePaths(await sampleWorkspace());
    const session = await openSession({ paths, command: 'test', account: { name: 'stranger', uid: 4711 } });
    try {
      const attempt = session.store.transaction((transaction) =>
        session.recorder.append(transaction, { action: 'test.test', outcome: 'done' }),
      );
      await expect(attempt).rejects.toMatchObject({ code: 'operator-unknown', exitCode: 4 });
      expect(await session.store.log.head()).toMatchObject({ seq: 1 });
    } finally {
      await session.close();
    }
  });

  it('does not take a missing database for an empty one', async () => {
    const paths = workspacePaths(await sampleWorkspace());
    rmSync(paths.database);
    await expect(openSession({ paths, command: 'test' })).rejects.toMatchObject({
      code: 'database-missing',
      exitCode: 2,
    });
    expect(existsSync(paths.database)).toBe(false);
  });

  it('reads the settings only when they are needed, and says what is wrong with them', async () => {
    const paths = workspacePaths(await sampleWorkspace());
    writeFileSync(paths.settings, 'version: 1\n');
    const session = await openSession({ paths, command: 'test' });
    try {
      expect(await session.store.log.head()).toMatchObject({ seq: 1 });
      expect(() => session.settings()).toThrow(expect.objectContaining({ code: 'settings-invalid' }));
    } finally {
      await session.close();
    }
  });
});
