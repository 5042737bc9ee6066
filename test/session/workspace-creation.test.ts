import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../src/crypto/index.js';
import { readOperatorKey } from '../../src/operators/index.js';
import { createWorkspace, openSession } from '../../src/session/index.js';
import { readSettings, workspacePaths } from '../../src/workspace/index.js';
import { compileProgram, startProgram } from '../child-program.js';
import { temporaryFolder } from '../temporary-folder.js';
import { sampleWorkspace, workspaceRequest } from './sample-workspace.js';

/** Every file and folder below a folder, with its permission bits. */
function modes(root: string): Record<string, string> {
  const result: Record<string, string> = {};
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    result[path.slice(root.length + 1)] = (lstatSync(path).mode & 0o777).toString(8);
  }
  return result;
}

describe('createWorkspace', () => {
  it('makes folders and files that only the owner can use, whatever the umask', async () => {
    const root = join(temporaryFolder(), 'a', 'b');
    const before = process.umask(0);
    try {
      await createWorkspace(workspaceRequest(root));
    } finally {
      process.umask(before);
    }
    expect(lstatSync(root).mode & 0o777).toBe(0o700);
    expect(modes(root)).toEqual({
      backups: '700',
      certificates: '700',
      keys: '700',
      'keys/jdoe.key.json': '600',
      'keys/jdoe.pub.pem': '600',
      'keys/log.signing-key.json': '600',
      'quietus.db': '600',
      'quietus.yaml': '600',
      'run.lock': '600',
    });
  });

  it('names organization, zone, limits and approvals in quietus.yaml', async () => {
    const changes = {
      organization: { name: 'O\'Neil & Sons: "Law"', address: '1 Main Street, Boston' },
      timeZone: 'America/Chicago',
      fiscalYearEnd: '06-30',
      limits: { maxItems: 5, maxClassPercent: 50 },
      approvals: { minimum: 2 as const, plannerMayApprove: false },
    };
    const settings = readSettings(workspacePaths(await sampleWorkspace(changes)).settings);
    expect(settings).toMatchObject(changes);
  });

  it('binds the operator to the account, with a key that signs for the workspace', async () => {
    const root = await sampleWorkspace();
    const paths = workspacePaths(root);
    const session = await openSession({ paths, command: 'test' });
    try {
      const operator = await session.operator();
      expect(operator).toMatchObject({ id: 'jdoe', name: 'Jane Doe', accountUid: process.getuid?.() ?? -1 });
      expect(readFileSync(join(paths.keys, 'jdoe.pub.pem'), 'utf8')).toBe(operator.publicKey);
      const locked = readOperatorKey(paths.keys, 'jdoe');
      expect(locked.needsPassphrase).toBe(false);
      expect((await locked.unlock(null)).asymmetricKeyType).toBe('ed25519');
    } finally {
      await session.close();
    }
  });

  it('seals the key with the passphrase where one is given', async () => {
    const passphrase = 'correct horse battery staple';
    const paths = workspacePaths(await sampleWorkspace({ passphrase }));
    const locked = readOperatorKey(paths.keys, 'jdoe');
    expect(locked.needsPassphrase).toBe(true);
    await expect(locked.unlock('another passphrase')).rejects.toMatchObject({ code: 'passphrase-wrong' });
    await locked.unlock(passphrase);
    expect(readFileSync(paths.database).includes(passphrase)).toBe(false);
  });

  it('begins the log with who made it and what its settings were', async () => {
    const paths = workspacePaths(await sampleWorkspace());
    const session = await openSession({ paths, command: 'test' });
    try {
      const record = await session.store.log.get(1);
      expect(JSON.parse(record?.entry ?? '')).toMatchObject({
        action: 'workspace.create',
        outcome: 'done',
        operator: 'jdoe',
        command: 'init',
        workspace: session.settings().workspaceId,
        subject: { operator: 'jdoe' },
        data: { settings_sha256: sha256(readFileSync(paths.settings)), key: 'unattended' },
      });
      expect(record?.entry).not.toContain('Jane');
      expect(record?.entry).not.toContain('Acme');
    } finally {
      await session.close();
    }
  });

  it('works in an empty folder, in one with a schedule, and through a link', async () => {
    const folder = temporaryFolder();
    const root = join(folder, 'root');
    mkdirSync(root, { mode: 0o755 });
    writeFileSync(join(root, 'schedule.yaml'), 'mine');
    symlinkSync(root, join(folder, 'link'));
    const { paths } = await createWorkspace(workspaceRequest(join(folder, 'link')));
    expect(paths.root).toBe(root);
    expect(lstatSync(root).mode & 0o777).toBe(0o700);
    expect(readFileSync(join(root, 'schedule.yaml'), 'utf8')).toBe('mine');
  });

  it('never changes an existing workspace', async () => {
    const root = await sampleWorkspace();
    const digest = () =>
      execFileSync('sh', ['-c', 'find . -type f | sort | xargs sha256sum'], { cwd: root }).toString();
    const before = digest();
    await expect(createWorkspace(workspaceRequest(root))).rejects.toMatchObject({
      code: 'workspace-exists',
      exitCode: 2,
    });
    expect(digest()).toBe(before);
  });

  it('never touches a folder that holds something else', async () => {
    const root = temporaryFolder();
    writeFileSync(join(root, 'notes.txt'), 'mine');
    chmodSync(root, 0o755);
    await expect(createWorkspace(workspaceRequest(root))).rejects.toMatchObject({
      code: 'folder-not-empty',
      exitCode: 2,
    });
    expect(modes(root)).toEqual({ 'notes.txt': expect.any(String) });
    expect(lstatSync(root).mode & 0o777).toBe(0o755);
    const file = join(root, 'notes.txt');
    await expect(createWorkspace(workspaceRequest(file))).rejects.toMatchObject({
      code: 'not-a-folder',
      exitCode: 2,
    });
  });

  it.each(['quietus.yaml', '.quietus.init'])(
    'never replaces a workspace that has lost its %s',
    async (lost) => {
      const root = await sampleWorkspace();
      const paths = workspacePaths(root);
      rmSync(paths.settings);
      if (lost === '.quietus.init') {
        // A marker that outlived its init does not make a used workspace an unfinished one.
        const session = await reopened(paths.root);
        await session.store.transaction((transaction) =>
          session.recorder.append(transaction, { action: 'test.test', outcome: 'done' }),
        );
        await session.close();
        rmSync(paths.settings);
        writeFileSync(join(root, lost), '');
      }
      const key = readFileSync(join(paths.keys, 'jdoe.key.json'), 'utf8');
      await expect(createWorkspace(workspaceRequest(root))).rejects.toMatchObject({
        code: 'workspace-damaged',
        exitCode: 2,
      });
      expect(readFileSync(join(paths.keys, 'jdoe.key.json'), 'utf8')).toBe(key);
      expect(existsSync(paths.database)).toBe(true);
    },
  );

  it.each([
    ['an operator id with capitals', { operator: { id: 'JDoe', name: 'x' } }, 'operator-id-invalid'],
    ['an operator id that is a path', { operator: { id: '../x', name: 'x' } }, 'operator-id-invalid'],
    ['an operator without a name', { operator: { id: 'jdoe', name: ' ' } }, 'operator-name-invalid'],
    ['a name on two lines', { operator: { id: 'jdoe', name: 'a\nb' } }, 'operator-name-invalid'],
    ['a short passphrase', { passphrase: 'elevenchars' }, 'passphrase-short'],
    ['an organization without a name', { organization: { name: '', address: null } }, 'settings-invalid'],
    ['an unknown zone', { timeZone: 'Boston' }, 'settings-invalid'],
    ['no such day', { fiscalYearEnd: '02-30' }, 'settings-invalid'],
  ])('refuses %s before anything is made', async (_name, changes, code) => {
    const root = join(temporaryFolder(), 'workspace');
    await expect(createWorkspace(workspaceRequest(root, changes))).rejects.toMatchObject({
      code,
      exitCode: 2,
    });
    expect(existsSync(root)).toBe(false);
  });

  it('takes everything back where it fails', async (context) => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'disk'));
    try {
      // Room for the key, not for the database.
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=60k', 'tmpfs', join(folder, 'disk')], {
        stdio: 'ignore',
      });
    } catch {
      return context.skip('this account may not mount a file system');
    }
    try {
      await expect(createWorkspace(workspaceRequest(join(folder, 'disk', 'w')))).rejects.toThrow(
        /FULL|ENOSPC/,
      );
      expect(readdirSync(join(folder, 'disk'))).toEqual([]);
      await expect(createWorkspace(workspaceRequest(join(folder, 'disk')))).rejects.toThrow(/FULL|ENOSPC/);
      expect(readdirSync(join(folder, 'disk'))).toEqual([]);
    } finally {
      execFileSync('umount', [join(folder, 'disk')]);
    }
  });

  it('killed at any moment leaves a workspace, or what the next init completes', async () => {
    const program = await compileProgram('session/creating-program.ts');
    const counts = { whole: 0, unfinished: 0 };
    for (let round = 0; round < 16; round += 1) {
      const root = join(temporaryFolder(), 'workspace');
      const child = startProgram(program, [root]);
      await child.line(/^creating/);
      await new Promise((done) => setTimeout(done, round * 12));
      await child.kill();
      if (existsSync(join(root, 'quietus.yaml'))) {
        counts.whole += 1;
        await expect(createWorkspace(workspaceRequest(root))).rejects.toMatchObject({
          code: 'workspace-exists',
        });
      } else {
        counts.unfinished += 1;
        await createWorkspace(workspaceRequest(root));
        expect(readdirSync(root).filter((name) => name.startsWith('.'))).toEqual([]);
      }
      const session = await openSession({ paths: workspacePaths(root), command: 'test' });
      expect(await session.store.log.head()).toMatchObject({ seq: 1, action: 'workspace.create' });
      expect((await session.store.operators.list()).map((operator) => operator.id)).toEqual(['jdoe']);
      await readOperatorKey(session.paths.keys, 'jdoe').unlock(null);
      await session.close();
    }
    expect(counts.unfinished).toBeGreaterThan(0);
  });

  it('by several processes at once makes one workspace', async () => {
    const root = join(temporaryFolder(), 'workspace');
    const program = await compileProgram('session/creating-program.ts');
    const children = Array.from({ length: 4 }, () => startProgram(program, [root]));
    const ends = await Promise.all(children.map((child) => child.ended));
    const answers = ends.map((end) => end.stdout.trim().split('\n').at(-1));
    expect(answers.filter((answer) => answer === 'created')).toHaveLength(1);
    for (const answer of answers) expect(answer).toMatch(/^(?:created|workspace-exists|run-lock-held)$/);
    const session = await openSession({ paths: workspacePaths(root), command: 'test' });
    expect(await session.store.operators.list()).toHaveLength(1);
    await session.close();
  });
});

/** A session in a workspace whose quietus.yaml was taken away. */
async function reopened(root: string) {
  const other = await sampleWorkspace();
  writeFileSync(join(root, 'quietus.yaml'), readFileSync(join(other, 'quietus.yaml')), { mode: 0o600 });
  return openSession({ paths: workspacePaths(root), command: 'test' });
}
