import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  checkpointLog,
  takeTimestampResponse,
  timestampCheckpoint,
  verifyWorkspaceLog,
  writeTimestampRequest,
} from '../../src/audit/index.js';
import { deliver, openSession, type Session } from '../../src/session/index.js';
import { workspacePaths } from '../../src/workspace/index.js';
import { type Authority, makeAuthority } from '../crypto/time-stamping-authority.js';
import { sampleWorkspace } from '../session/sample-workspace.js';
import { temporaryFolder } from '../temporary-folder.js';

async function sessionWith(authority: Authority, url: string): Promise<Session> {
  const root = await sampleWorkspace();
  const settings = join(root, 'quietus.yaml');
  const lines = `  timestamp:\n    url: ${url}\n    ca: ${authority.caFile}\n`;
  writeFileSync(settings, readFileSync(settings, 'utf8').replace(/ {2}# timestamp:\n/, lines));
  const session = await openSession({ paths: workspacePaths(root), command: 'test' });
  onTestFinished(() => session.close());
  return session;
}

describe('a time-stamp of a checkpoint', () => {
  it('is fetched, kept beside the checkpoint, logged, and checked by openssl and by log verify', async () => {
    const authority = makeAuthority();
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => response.end(authority.answer(Buffer.concat(chunks))));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    onTestFinished(() => void server.close());
    const session = await sessionWith(
      authority,
      `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    );
    const checkpoint = await checkpointLog(session);
    await deliver(session, { force: true });
    const { file, time } = await timestampCheckpoint(session, checkpoint);
    expect(Math.abs(Date.parse(time) - Date.now())).toBeLessThan(60_000);
    const note = file.replace(/\.tsr$/, '.txt');
    const args = ['ts', '-verify', '-data', note, '-in', file, '-CAfile', authority.caFile];
    expect(execFileSync('openssl', args, { stdio: 'pipe' }).toString()).toContain('Verification: OK');
    expect(await verifyWorkspaceLog(session)).toMatchObject({ problem: null });
    const entry = (await session.store.log.head())?.entry ?? '';
    expect(JSON.parse(entry)).toMatchObject({
      action: 'log.timestamp',
      subject: { checkpoint: '1' },
      data: { time },
    });
    const kept = readFileSync(file);
    const changed = Buffer.from(kept);
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
    writeFileSync(file, changed);
    expect(await verifyWorkspaceLog(session)).toMatchObject({
      problem: { code: 'timestamp-invalid', seq: 3 },
    });
    rmSync(file);
    expect(await verifyWorkspaceLog(session)).toMatchObject({
      problem: { code: 'timestamp-missing', seq: 3 },
    });
  });

  it('is asked for and taken by files, also for a checkpoint that is not the newest', async () => {
    const authority = makeAuthority();
    const session = await sessionWith(authority, 'http://127.0.0.1:9/');
    const checkpoint = await checkpointLog(session);
    await deliver(session, { force: true });
    const [query, reply] = [join(temporaryFolder(), 'c.tsq'), join(temporaryFolder(), 'c.tsr')];
    await writeTimestampRequest(checkpoint, query);
    await expect(writeTimestampRequest(checkpoint, query)).rejects.toMatchObject({ code: 'file-exists' });
    await session.store.transaction((transaction) =>
      session.recorder.append(transaction, { action: 'test.test', outcome: 'done' }),
    );
    await checkpointLog(session);
    writeFileSync(reply, authority.answer(readFileSync(query)));
    expect(await takeTimestampResponse(session, reply)).toMatchObject({ checkpoint: 1 });
    expect(await verifyWorkspaceLog(session)).toMatchObject({ problem: null });
    writeFileSync(reply, makeAuthority().answer(readFileSync(query)));
    await expect(takeTimestampResponse(session, reply)).rejects.toMatchObject({
      code: 'timestamp-invalid',
      exitCode: 5,
    });
    writeFileSync(reply, 'x');
    await expect(takeTimestampResponse(session, reply)).rejects.toMatchObject({
      code: 'timestamp-unreadable',
      exitCode: 2,
    });
    await expect(timestampCheckpoint(session, checkpoint)).rejects.toMatchObject({
      code: 'timestamp-unavailable',
      exitCode: 4,
    });
  });
});
