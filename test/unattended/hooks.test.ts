import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openSession } from '../../src/session/index.js';
import { postSummary, runCommand, runHooks } from '../../src/unattended/index.js';
import { parseSettings, workspacePaths } from '../../src/workspace/index.js';
import { TestClock } from '../session/sample-workspace.js';
import { temporaryFolder } from '../temporary-folder.js';
import { autoWorld } from './auto-world.js';

interface Received {
  method: string | undefined;
  type: string | undefined;
  body: string;
}

async function server(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = [];
  const listening: Server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      received.push({ method: request.method, type: request.headers['content-type'], body });
      answer(request, response);
    });
  });
  await new Promise<void>((resolve) => {
    listening.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    listening.closeAllConnections();
    listening.close();
  });
  return { url: `http://127.0.0.1:${(listening.address() as AddressInfo).port}/hook`, received };
}

function script(text: string): { path: string; out: string } {
  const folder = temporaryFolder();
  const path = join(folder, 'hook.sh');
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return { path, out: join(folder, 'out') };
}

describe('the webhook', () => {
  it('gets the document as JSON by POST', async () => {
    const { url, received } = await server((_, response) => response.writeHead(204).end());
    expect(await postSummary(url, '{"a":1}')).toBeUndefined();
    expect(received).toEqual([{ method: 'POST', type: 'application/json', body: '{"a":1}' }]);
  });

  it('is not followed to another place', async () => {
    const other = await server((_, response) => response.end());
    const { url } = await server((_, response) => response.writeHead(307, { location: other.url }).end());
    expect(await postSummary(url, '{}')).toBe('status-307');
    expect(other.received).toEqual([]);
  });

  it('has a time limit, and a failure is a code without the address', async () => {
    const { url } = await server(() => undefined);
    expect(await postSummary(url, '{}', 200)).toBe('timeout');
    expect(await postSummary('http://127.0.0.1:1/secret', '{}')).toBe('unreachable');
    const failing = await server((_, response) => response.writeHead(500).end());
    expect(await postSummary(failing.url, '{}')).toBe('status-500');
  });
});

describe('the command', () => {
  it('gets the document on standard input, its arguments as they are, and little of the environment', async () => {
    const { path, out } = script('cat > "$1"; echo "arg:$2" >> "$1"; env >> "$1"; pwd >> "$1"');
    process.env.QUIETUS_SECRET_OF_A_TEST = 'hunter2';
    onTestFinished(() => {
      delete process.env.QUIETUS_SECRET_OF_A_TEST;
    });
    expect(await runCommand([path, out, '$(id) "x"'], '{"a":1}\n')).toBeUndefined();
    const text = readFileSync(out, 'utf8');
    expect(text.split('\n').slice(0, 2)).toEqual(['{"a":1}', 'arg:$(id) "x"']);
    expect(text).not.toContain('hunter2');
    expect(text.trimEnd().endsWith('\n/')).toBe(true);
  });

  it('is killed at the time limit, with what it started', async () => {
    const { path, out } = script('(sleep 2; echo late > "$1") & sleep 60');
    const before = Date.now();
    expect(await runCommand([path, out], '{}', 300)).toBe('timeout');
    expect(Date.now() - before).toBeLessThan(2000);
    await new Promise((resolve) => setTimeout(resolve, 2200));
    expect(existsSync(out)).toBe(false);
  });

  it('may fail, not read, or not be there', async () => {
    expect(await runCommand([script('exit 3').path], 'x'.repeat(1_000_000))).toBe('exit-3');
    expect(await runCommand(['/nonexistent/program'], '{}')).toBe('not-started');
  });
});

describe('hooks of a workspace', () => {
  async function withHooks(lines: string) {
    const made = await autoWorld();
    const { settings } = workspacePaths(made.root);
    writeFileSync(settings, `${readFileSync(settings, 'utf8').replace(/# hooks:[\s\S]*$/, '')}${lines}\n`);
    const session = await openSession({
      paths: workspacePaths(made.root),
      command: 'sweep auto',
      clock: new TestClock(),
    });
    onTestFinished(() => session.close());
    return session;
  }

  it('are told, and one that fails is logged with a code and nothing else', async () => {
    const { url, received } = await server((_, response) => response.end());
    const { path } = script('exit 9');
    const session = await withHooks(`hooks:\n  webhook: ${url}\n  command: ["${path}"]`);
    expect(await runHooks(session, { exit_code: 0 })).toEqual([
      { hook: 'webhook', problem: undefined },
      { hook: 'command', problem: 'exit-9' },
    ]);
    expect(received[0]?.body).toBe('{"exit_code":0}\n');
    const [entry] = await session.store.log.page(0, 100, { action: 'hook.run' });
    expect(JSON.parse(entry?.entry ?? '{}')).toMatchObject({
      outcome: 'failed',
      data: { hook: 'command', code: 'exit-9' },
    });
    expect(entry?.entry).not.toContain(path);
  });

  it('run no command from settings that others may write', async () => {
    const { path, out } = script('echo ran > "$1"');
    const session = await withHooks(`hooks:\n  command: ["${path}", "${out}"]`);
    chmodSync(session.paths.settings, 0o666);
    expect(await runHooks(session, {})).toEqual([
      { hook: 'command', problem: 'settings-writable-by-others' },
    ]);
    expect(existsSync(out)).toBe(false);
  });

  it.each([
    ['webhook: http://example.org/', 'hooks.webhook'],
    ['webhook: http://127.0.0.1.example.org/', 'hooks.webhook'],
    ['webhook: https://user:password@example.org/', 'hooks.webhook'],
    ['webhook: ftp://127.0.0.1/', 'hooks.webhook'],
    ['command: [mail, "-s", sweep]', 'hooks.command'],
    ['command: /usr/bin/mail', 'hooks.command'],
    ['command: [/usr/bin/mail, ""]', 'hooks.command'],
    ['webhok: https://example.org/', 'hooks.webhok'],
  ])('refuses %s', (line, path) => {
    const text = `version: 1
workspace: 3f0e1c2a-0000-4000-8000-000000000000
organization: {name: Acme}
time_zone: UTC
hooks:
  ${line}
`;
    expect(() => parseSettings(text, 'quietus.yaml')).toThrow(
      expect.objectContaining({ code: 'settings-invalid', message: expect.stringContaining(path) }),
    );
  });
});
