import { execFileSync, fork } from 'node:child_process';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  beginEpoch,
  checkpointLog,
  findLosses,
  type LogEvent,
  newestCheckpoint,
  outsideCheckpoints,
  rotateLogKey,
  verifyWorkspaceLog,
} from '../../src/audit/index.js';
import { createSigningKey } from '../../src/crypto/index.js';
import { readOperatorKey } from '../../src/operators/index.js';
import { deliver, openSession, type Session } from '../../src/session/index.js';
import { workspacePaths } from '../../src/workspace/index.js';
import { compileProgram } from '../child-program.js';
import { sampleSession, sampleWorkspace } from '../session/sample-workspace.js';

const EVENT: LogEvent = { action: 'test.test', outcome: 'done' };

async function append(session: Session, count = 1): Promise<void> {
  const events = Array.from({ length: count }, () => EVENT);
  await session.store.transaction((transaction) => session.recorder.appendAll(transaction, events));
}

async function sign(session: Session): Promise<void> {
  await checkpointLog(session);
  await deliver(session, { force: true });
}

async function open(root: string, clock?: { now(): Date }): Promise<Session> {
  const session = await openSession({
    paths: workspacePaths(root),
    command: 'test',
    ...(clock && { clock }),
  });
  onTestFinished(() => session.close());
  return session;
}

const keyFile = (session: Session) => join(session.paths.keys, 'log.signing-key.json');
const operatorKey = (session: Session) => readOperatorKey(session.paths.keys, 'jdoe').unlock(null);

describe('rotating the key of the log', () => {
  it('signs the new key with the old one, whose private part is gone', async () => {
    const session = await sampleSession();
    await append(session, 5);
    const before = readFileSync(keyFile(session), 'utf8');
    const { epoch, key, seq, checkpoint } = await rotateLogKey(session);
    expect(epoch).toBe(1);
    expect(readFileSync(keyFile(session), 'utf8')).not.toBe(before);
    expect(checkpoint).toMatchObject({ size: seq, signedBy: [{ text: key }] });
    const { data } = JSON.parse((await session.store.log.get(seq))?.entry ?? '');
    expect(data.statement.match(/^— /gm)).toHaveLength(2);
    expect(await verifyWorkspaceLog(session)).toMatchObject({
      problem: null,
      keys: [{ epoch: 1 }, { epoch: 1, key, seq }],
    });
  });

  it('that was cut off after the log told of the new key goes on with it', async () => {
    const session = await sampleSession();
    await append(session, 5);
    const file = keyFile(session);
    const old = readFileSync(file);
    const { key } = await rotateLogKey(session);
    // As a crash right before the rename leaves it.
    cpSync(file, file.replace('.json', '.next.json'));
    writeFileSync(file, old);
    await append(session);
    expect(await checkpointLog(session)).toMatchObject({ signedBy: [{ text: key }] });
    expect(await verifyWorkspaceLog(session)).toMatchObject({ problem: null });
  });

  it('whose statement was forged does not verify', async () => {
    const session = await sampleSession();
    const { seq } = await rotateLogKey(session);
    const other = await sampleSession();
    const { key } = await rotateLogKey(other);
    const sql = `update log_entries set entry = json_set(entry, '$.data.log_key', '${key}') where seq = ${seq}`;
    execFileSync('sqlite3', [session.paths.database, sql]);
    expect(await verifyWorkspaceLog(session)).toMatchObject({ problem: { seq } });
  });
});

describe('a new epoch', () => {
  it("lets a log go on whose key is lost, with the operator's signature and the reason", async () => {
    const session = await sampleSession();
    await append(session, 5);
    await sign(session);
    rmSync(keyFile(session));
    await expect(checkpointLog(session)).rejects.toMatchObject({ code: 'log-key-lost' });
    const losses = await findLosses(session, []);
    expect(losses).toEqual({ clock: [], lost: [] });
    const request = { reason: 'Disk lost', losses, operatorKey: await operatorKey(session) };
    const { epoch, seq } = await beginEpoch(session, request);
    expect(epoch).toBe(2);
    expect(await verifyWorkspaceLog(session)).toMatchObject({
      problem: null,
      keys: [{ epoch: 1 }, { epoch: 2, seq }],
    });
    expect(JSON.parse((await session.store.log.get(seq))?.entry ?? '').data.reason).toBe('Disk lost');
  });

  it('without the signature of its operator is none', async () => {
    const session = await sampleSession();
    await sign(session);
    const losses = { clock: [], lost: [] };
    const { seq } = await beginEpoch(session, {
      reason: 'x',
      losses,
      operatorKey: createSigningKey().privateKey,
    });
    expect(await verifyWorkspaceLog(session)).toMatchObject({ problem: { seq, code: 'epoch-unsigned' } });
  });

  it('acknowledges what a restored database has lost, and only that', async () => {
    const root = await sampleWorkspace();
    const session = await openSession({ paths: workspacePaths(root), command: 'test' });
    await append(session, 5);
    await sign(session);
    const older = join(root, '..', 'older.db');
    execFileSync('sqlite3', [session.paths.database, `vacuum into '${older}'`]);
    await append(session, 3);
    await sign(session);
    await session.close();
    for (const suffix of ['-wal', '-shm']) rmSync(join(root, `quietus.db${suffix}`), { force: true });
    cpSync(older, join(root, 'quietus.db'));
    const restored = await open(root);
    expect(await verifyWorkspaceLog(restored)).toMatchObject({ problem: { seq: 7, code: 'log-rewound' } });
    const places = { checkpoints: restored.paths.checkpoints, witnessFolder: null, against: [] };
    const outside = await outsideCheckpoints(places, restored.settings().workspaceId);
    const losses = await findLosses(restored, outside);
    expect(losses.lost).toHaveLength(1);
    await beginEpoch(restored, { reason: 'Restored', losses, operatorKey: await operatorKey(restored) });
    await deliver(restored, { force: true });
    expect(await verifyWorkspaceLog(restored)).toMatchObject({ problem: null });
    await append(restored, 5);
    await sign(restored);
    expect(await verifyWorkspaceLog(restored)).toMatchObject({ problem: null });
    // What was changed cannot be acknowledged.
    execFileSync('sqlite3', [
      restored.paths.database,
      `update log_entries set entry = replace(entry, 'test', 'tost') where seq = 3`,
    ]);
    await expect(findLosses(restored, outside)).rejects.toMatchObject({ code: 'log-broken', exitCode: 5 });
  });

  it('acknowledges that a clock ran backwards', async () => {
    const at = { now: Date.UTC(2026, 5, 1) };
    const root = await sampleWorkspace();
    const session = await open(root, { now: () => new Date(at.now) });
    await append(session, 2);
    at.now -= 86_400_000;
    await append(session, 2);
    expect(await verifyWorkspaceLog(session)).toMatchObject({ problem: { code: 'clock-backwards' } });
    await checkpointLog(session);
    const losses = await findLosses(session, []);
    expect(losses.clock.length).toBeGreaterThan(0);
    await beginEpoch(session, { reason: 'Battery', losses, operatorKey: await operatorKey(session) });
    expect(await verifyWorkspaceLog(session)).toMatchObject({ problem: null, clockSetBack: losses.clock });
  });
});

describe('appending from several processes, some of which are killed', () => {
  it('leaves a log and a tree that verify, with every entry that was committed', async () => {
    const root = await sampleWorkspace();
    const program = await compileProgram('audit/append-program.ts');
    const start = (name: string) =>
      fork(program, [root, name], { execArgv: [], stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
    const children = ['one', 'two'].map(start);
    const committed = children.map(() => 0);
    await Promise.all(
      children.map(
        (child, at) =>
          new Promise<void>((done) => {
            child.on('message', (count) => {
              committed[at] = Number(count);
              if (Number(count) >= 40 && at === 0) child.kill('SIGKILL');
            });
            child.on('close', () => done());
          }),
      ),
    );
    const session = await open(root);
    const verified = await verifyWorkspaceLog(session);
    expect(verified.problem).toBe(null);
    expect(verified.entries).toBeGreaterThanOrEqual(1 + 7 * (committed[0] ?? 0) + 7 * (committed[1] ?? 0));
    expect(committed[1]).toBe(80);
    expect((await newestCheckpoint(session.store))?.number).toBeGreaterThan(0);
  });
});
