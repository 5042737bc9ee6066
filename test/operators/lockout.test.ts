import { chownSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { unlockOperatorKey } from '../../src/operators/index.js';
import { openSession, type Session } from '../../src/session/index.js';
import { workspacePaths } from '../../src/workspace/index.js';
import { sampleSession, sampleWorkspace, TestClock } from '../session/sample-workspace.js';

const RIGHT = 'correct horse battery staple';
const MINUTE = 60_000;

async function lockedSession(): Promise<{
  session: Session;
  clock: TestClock;
  open: (text: string) => Promise<string>;
}> {
  const clock = new TestClock();
  const root = await sampleWorkspace({ clock, passphrase: RIGHT });
  const session = await openSession({ paths: workspacePaths(root), command: 'test', clock });
  onTestFinished(() => session.close());
  const operator = await session.operator();
  const open = (text: string) =>
    unlockOperatorKey(session, operator, () => Promise.resolve(text)).then(
      () => 'opened',
      (error: { code?: string }) => error.code ?? 'another error',
    );
  return { session, clock, open };
}

// Each attempt asks for 128 MiB and a third of a second, on purpose.
describe('a key with a passphrase', () => {
  let codes: string[];
  beforeAll(() => {
    codes = Array.from({ length: 5 }, () => 'passphrase-wrong');
  });

  it('locks for a minute after five wrong ones in a row, then for twice as long each time', async () => {
    const { session, clock, open } = await lockedSession();
    const seen: string[] = [];
    for (let attempt = 0; attempt < 5; attempt += 1) seen.push(await open('wrong passphrase'));
    expect(seen).toEqual(codes);
    for (const minutes of [1, 2, 4]) {
      const { at } = clock;
      clock.at = new Date(at.getTime() + minutes * MINUTE - 1);
      expect(await open(RIGHT), `${minutes} minutes`).toBe('key-locked');
      clock.at = new Date(at.getTime() + minutes * MINUTE);
      expect(await open('wrong passphrase'), `${minutes} minutes`).toBe('passphrase-wrong');
    }
    clock.at = new Date(clock.at.getTime() + 8 * MINUTE);
    expect(await open(RIGHT)).toBe('opened');
    // The right one ends it: four wrong ones are allowed again.
    expect(await open('wrong passphrase')).toBe('passphrase-wrong');
    expect(await open(RIGHT)).toBe('opened');
    const entries = await session.store.log.page(0, 100, { action: 'operator.passphrase' });
    const data = entries.map(
      ({ entry }) => (JSON.parse(entry) as { data: { failures: number; locked_seconds: number } }).data,
    );
    expect(data.map(({ failures, locked_seconds }) => [failures, locked_seconds])).toEqual([
      [1, 0],
      [2, 0],
      [3, 0],
      [4, 0],
      [5, 60],
      [6, 120],
      [7, 240],
      [8, 480],
      [1, 0],
    ]);
  });

  it('gives many processes at once no more than five tries', async () => {
    const { open } = await lockedSession();
    const seen = await Promise.all(Array.from({ length: 8 }, () => open('wrong passphrase')));
    expect(seen.toSorted()).toEqual([...Array.from({ length: 3 }, () => 'key-locked'), ...codes]);
  });

  it('is locked for a day at most, however many were wrong', async () => {
    const { session, clock, open } = await lockedSession();
    const start = clock.at.getTime();
    const attempts = { failures: 60, last: new Date(start).toISOString() };
    writeFileSync(join(session.paths.keys, 'jdoe.attempts.json'), JSON.stringify(attempts));
    clock.at = new Date(start + 24 * 60 * MINUTE - 1);
    expect(await open(RIGHT)).toBe('key-locked');
    clock.at = new Date(start + 24 * 60 * MINUTE);
    expect(await open(RIGHT)).toBe('opened');
  });

  // Otherwise whoever may write into the folder would begin anew with five tries.
  it.each([
    '',
    '{}',
    'null',
    '{"failures":-9,"last":"2026-03-02T15:00:00.000Z"}',
    '{"failures":5,"last":"?"}',
  ])('is not tried while the count of wrong ones cannot be read: %s', async (text) => {
    const { session, open } = await lockedSession();
    writeFileSync(join(session.paths.keys, 'jdoe.attempts.json'), text);
    expect(await open(RIGHT)).toBe('attempts-damaged');
  });

  it.skipIf(process.getuid?.() !== 0)(
    'is not tried while another account owns the count of wrong ones (needs root)',
    async () => {
      const { session, open } = await lockedSession();
      const file = join(session.paths.keys, 'jdoe.attempts.json');
      writeFileSync(file, '{"failures":0,"last":"2026-03-02T15:00:00.000Z"}');
      chownSync(file, 4702, 4702);
      expect(await open(RIGHT)).toBe('file-of-another');
    },
  );

  it('is not asked for where the key has none', async () => {
    const session = await sampleSession();
    const never = () => Promise.reject(new Error('asked'));
    await unlockOperatorKey(session, await session.operator(), never);
    rmSync(join(session.paths.keys, 'jdoe.key.json'));
    await expect(unlockOperatorKey(session, await session.operator(), never)).rejects.toMatchObject({
      code: 'key-missing',
    });
  });
});
