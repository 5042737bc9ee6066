import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, createServer as createSocket } from 'node:net';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished, type TestContext } from 'vitest';
import { checkpointLog, rotateLogKey, verifyWorkspaceLog } from '../../src/audit/index.js';
import { deliver, openSession, type Session } from '../../src/session/index.js';
import { workspacePaths } from '../../src/workspace/index.js';
import { sampleWorkspace } from '../session/sample-workspace.js';
import { temporaryFolder } from '../temporary-folder.js';

/** A session whose workspace has these witnesses, as lines of quietus.yaml. */
async function sessionWith(
  witnesses: string,
): Promise<{ session: Session; warnings: string[]; root: string }> {
  const root = await sampleWorkspace();
  const settings = join(root, 'quietus.yaml');
  writeFileSync(
    settings,
    readFileSync(settings, 'utf8').replace(/ {2}# witnesses:\n/, `  witnesses:\n${witnesses}`),
  );
  const warnings: string[] = [];
  const session = await openSession({
    paths: workspacePaths(root),
    command: 'test',
    warn: (text) => void warnings.push(text),
  });
  return { session, warnings, root };
}

async function destroySomething(session: Session): Promise<void> {
  await session.store.transaction((transaction) =>
    session.recorder.append(transaction, { action: 'item.dispose', outcome: 'done' }),
  );
}

async function listening(server: {
  listen(port: number, host: string, done: () => void): unknown;
  close(): unknown;
  address(): unknown;
}): Promise<number> {
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** A certificate authority of the test's own and a server's certificate for 127.0.0.1. */
function certificates(): { ca: string; key: Buffer; cert: Buffer } {
  const cwd = temporaryFolder();
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd, stdio: 'pipe' });
  openssl(
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-days',
    '2',
    '-subj',
    '/CN=CA',
  );
  openssl(
    'req',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    'key.pem',
    '-out',
    'csr.pem',
    '-subj',
    '/CN=x',
  );
  writeFileSync(join(cwd, 'extensions'), 'subjectAltName=IP:127.0.0.1\n');
  openssl(
    'x509',
    '-req',
    '-in',
    'csr.pem',
    '-CA',
    'ca.pem',
    '-CAkey',
    'ca.key',
    '-CAcreateserial',
    '-out',
    'cert.pem',
    '-days',
    '2',
    '-extfile',
    'extensions',
  );
  return {
    ca: join(cwd, 'ca.pem'),
    key: readFileSync(join(cwd, 'key.pem')),
    cert: readFileSync(join(cwd, 'cert.pem')),
  };
}

describe('a witness', () => {
  it('that is a folder gets every checkpoint, for everybody to read, and log verify compares the log with it', async () => {
    const folder = temporaryFolder();
    const { session, warnings, root } = await sessionWith(`    folder: ${folder}\n`);
    await destroySomething(session);
    await session.close();
    expect(warnings).toEqual([]);
    const [name = '', ...others] = readdirSync(folder);
    expect(others).toEqual([]);
    expect(name).toMatch(/^checkpoint-000000000003-[0-9a-f]{8}\.txt$/);
    expect(statSync(join(folder, name)).mode & 0o777).toBe(0o644);
    expect(readFileSync(join(folder, name), 'utf8')).toBe(
      readFileSync(join(root, 'checkpoints', name), 'utf8'),
    );
    const again = await openSession({ paths: workspacePaths(root), command: 'test' });
    onTestFinished(() => again.close());
    expect(await verifyWorkspaceLog(again)).toMatchObject({ problem: null, outside: 2 });
    // Somebody rewinds everything that the workspace holds.
    rmSync(join(root, 'checkpoints'), { recursive: true });
    execFileSync('sqlite3', [
      join(root, 'quietus.db'),
      'delete from log_entries where seq > 1; delete from log_checkpoints; delete from log_tree',
    ]);
    expect(await verifyWorkspaceLog(again)).toMatchObject({ problem: { seq: 2, code: 'log-rewound' } });
  });

  it('that fails loses nothing: it is said, and the witness gets the newest checkpoint the next time', async () => {
    const folder = join(temporaryFolder(), 'not-mounted');
    const { session, root } = await sessionWith(`    folder: ${folder}\n`);
    await destroySomething(session);
    await checkpointLog(session);
    const failed = await deliver(session, { force: false });
    expect(failed).toEqual([expect.stringMatching(/witness folder \(its folder is not there/)]);
    expect(await deliver(session, { force: false })).toHaveLength(1);
    expect(await session.store.logTree.witnesses()).toMatchObject([
      { name: 'checkpoints', delivered: 1, failures: 0 },
      { name: 'folder', delivered: 0, failures: 1, code: 'enoent' },
    ]);
    await destroySomething(session);
    await checkpointLog(session);
    mkdirSync(folder);
    expect(await deliver(session, { force: true })).toEqual([]);
    expect(readdirSync(folder)).toEqual([expect.stringContaining('000000000004')]);
    expect(await verifyWorkspaceLog(session)).toMatchObject({ problem: null });
    await session.close();
    expect(existsSync(root)).toBe(true);
  });

  it('that is a webhook gets the checkpoint over TLS, checked with the CA of the settings', async () => {
    const { ca, key, cert } = certificates();
    const bodies: string[] = [];
    let status = 200;
    const server = createHttps({ key, cert }, (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        bodies.push(Buffer.concat(chunks).toString());
        response.writeHead(status, { location: 'https://127.0.0.1/' }).end();
      });
    });
    const port = await listening(server);
    const url = `    webhook: https://127.0.0.1:${port}/checkpoints\n`;
    const { session } = await sessionWith(`${url}    webhook_ca: ${ca}\n`);
    const { note } = await checkpointLog(session);
    expect(await deliver(session, { force: true })).toEqual([]);
    expect(bodies).toEqual([note]);
    for (const [answer, code] of [
      [500, 'status-500'],
      [302, 'status-302'],
    ] as const) {
      status = answer;
      await destroySomething(session);
      await checkpointLog(session);
      expect(await deliver(session, { force: true })).toEqual([expect.stringContaining(`webhook (${code})`)]);
    }
    await session.close();
    const untrusting = await sessionWith(url);
    await checkpointLog(untrusting.session);
    expect(await deliver(untrusting.session, { force: true })).toEqual([
      expect.stringContaining('webhook (certificate-not-trusted)'),
    ]);
    expect(bodies).toHaveLength(3);
    await untrusting.session.close();
    const nobody = await sessionWith('    webhook: http://127.0.0.1:9/\n');
    await checkpointLog(nobody.session);
    expect(await deliver(nobody.session, { force: true })).toEqual([
      expect.stringContaining('webhook (unreachable)'),
    ]);
    await nobody.session.close();
  });

  it('that is the syslog gets a line from which log verify --against reads the checkpoint', async (context) => {
    const { session } = await sessionWith('    system: syslog\n');
    onTestFinished(() => session.close());
    const checkpoint = await checkpointLog(session);
    if (existsSync('/dev/log')) skip(context, 'a syslog daemon listens here, whose files are not for tests');
    if (process.getuid?.() !== 0) skip(context, 'only root may listen at /dev/log');
    expect(await deliver(session, { force: true })).toEqual([expect.stringContaining('syslog (not-taken)')]);
    const received = join(temporaryFolder(), 'received');
    const script = `import socket,sys,os
s=socket.socket(socket.AF_UNIX,socket.SOCK_DGRAM);s.bind('/dev/log');print('up',flush=True)
open('${received}','wb').write(s.recv(65536))`;
    const listener = spawn('python3', ['-c', script]);
    onTestFinished(() => {
      listener.kill();
      rmSync('/dev/log', { force: true });
    });
    await new Promise((done) => listener.stdout.once('data', done));
    const ended = new Promise((done) => listener.once('close', done));
    expect(await deliver(session, { force: true })).toEqual([]);
    await ended;
    expect(readFileSync(received, 'utf8')).toMatch(/^<37>.*quietus: quietus checkpoint 1 [A-Za-z0-9+/=]+/);
    expect(await verifyWorkspaceLog(session, { against: [received] })).toMatchObject({
      problem: null,
      outside: 2,
    });
    expect(checkpoint.size).toBe(1);
  });

  it('that is journald gets the same line', async (context) => {
    const { session } = await sessionWith('    system: journald\n');
    onTestFinished(() => session.close());
    await checkpointLog(session);
    const path = '/run/systemd/journal/stdout';
    if (existsSync(path)) skip(context, 'journald listens here, whose journal is not for tests');
    if (process.getuid?.() !== 0) skip(context, 'only root may listen at /run/systemd/journal');
    const folder = dirname(path);
    const made = !existsSync(folder);
    mkdirSync(folder, { recursive: true });
    const server = createSocket();
    const line = new Promise<string>((done) => {
      server.on('connection', (socket) => {
        let text = '';
        socket.on('data', (chunk) => {
          text += chunk.toString();
        });
        socket.on('close', () => done(text));
      });
    });
    await new Promise<void>((done) => void server.listen(path, done));
    onTestFinished(() => {
      server.close();
      rmSync(made ? folder : path, { recursive: true, force: true });
    });
    expect(await deliver(session, { force: true })).toEqual([]);
    expect(await line).toMatch(/quietus checkpoint 1 [A-Za-z0-9+/=]+\n$/);
  });
});

/** In CI nothing is skipped for want of a right or a tool. */
function skip(context: TestContext, why: string): void {
  if (process.env.CI !== 'true') context.skip(why);
}

describe('a checkpoint from elsewhere', () => {
  it.each([
    ['that is none', 'hello\n', 'checkpoint-unreadable'],
    ['that is cut off', 'quietus/x\n1', 'checkpoint-unreadable'],
    [
      'of another log',
      'quietus/x\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n— quietus/x AAAAAAAA\n',
      'checkpoint-of-another',
    ],
  ])('%s is refused', async (_, text, code) => {
    const { session } = await sessionWith('    system: syslog\n');
    onTestFinished(() => session.close());
    const file = join(temporaryFolder(), 'checkpoint');
    writeFileSync(file, text);
    await expect(verifyWorkspaceLog(session, { against: [file] })).rejects.toMatchObject({
      code,
      exitCode: 2,
    });
    await expect(verifyWorkspaceLog(session, { against: ['/nowhere'] })).rejects.toMatchObject({
      code: 'checkpoint-unreadable',
    });
    await expect(verifyWorkspaceLog(session, { key: file })).rejects.toMatchObject({
      code: 'log-key-invalid',
    });
  });

  it('of before the key was rotated verifies after it', async () => {
    const { session } = await sessionWith('    folder: /nowhere\n');
    onTestFinished(() => session.close());
    const file = join(temporaryFolder(), 'checkpoint');
    writeFileSync(file, (await checkpointLog(session)).note);
    await rotateLogKey(session);
    expect(await verifyWorkspaceLog(session, { against: [file] })).toMatchObject({
      problem: null,
      keys: [{}, {}],
    });
  });
});
