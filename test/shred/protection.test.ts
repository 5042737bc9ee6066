import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMediumInspector, examine, type MediumInspector } from '../../src/shred/index.js';
import { Sandbox } from './sandbox.js';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox();
});
afterEach(() => {
  box.remove();
});

async function look(
  path: string,
  medium: 'file' | 'folder' = 'file',
  options: Parameters<typeof examine>[2] = box,
): Promise<string> {
  const examined = await examine(path, medium, options);
  return examined.status === 'ready' ? 'ready' : examined.reason.code;
}

function fill(): void {
  mkdirSync(box.path('f', 'sub'), { recursive: true });
  writeFileSync(box.path('f', 'sub', 'b'), '22');
  writeFileSync(box.path('f', 'sub-a'), '333');
}

describe('examine: the program and the system', () => {
  it('refuses what this program runs from', async () => {
    for (const name of ['node_modules/knex/package.json', 'node_modules/knex/lib/index.js', 'package.json']) {
      expect(await look(join(process.cwd(), name))).toBe('protected-path');
    }
    // dist/ is there where the program was built.
    const built = existsSync(join(process.cwd(), 'dist')) ? ['dist'] : [];
    for (const name of ['node_modules/knex', 'node_modules', 'bin', ...built]) {
      expect(await look(join(process.cwd(), name), 'folder')).toBe('protected-path');
    }
    // Beside the program there may be anything.
    expect(await look(join(process.cwd(), 'LICENSE'))).toBe('ready');
  });

  it.each([
    '/etc/passwd',
    '/usr/bin/env',
    '/bin/sh',
    '/var/lib/dpkg/status',
    '/dev/shm',
    '/var/spool',
    '/var/mail',
    '/var/cache',
    process.execPath,
  ])('refuses %s of the system', async (path) => {
    // /bin and /var/mail are links on some systems; what matters is that nothing is ready.
    const real = realpathSync(path);
    expect(await look(real, lstatSync(real).isDirectory() ? 'folder' : 'file')).toBe('protected-path');
  });
});

/** Shows a folder at a second place while the action runs; false when that is not permitted here. */
async function withBindMount(from: string, to: string, action: () => Promise<void>): Promise<boolean> {
  mkdirSync(to);
  if (spawnSync('mount', ['--bind', from, to]).status !== 0) return false;
  try {
    await action();
  } finally {
    execFileSync('umount', [to]);
  }
  return true;
}

describe('examine: bind mounts', () => {
  it('refuses what has a second path, under both, and what is beside it not', async (context) => {
    fill();
    writeFileSync(box.path('beside'), 'x');
    const done = await withBindMount(box.path('f', 'sub'), box.path('second'), async () => {
      expect(await look(box.path('second', 'b'))).toBe('bind-mount');
      expect(await look(box.path('f', 'sub', 'b'))).toBe('bind-mount');
      expect(await look(box.path('f', 'sub'), 'folder')).toBe('bind-mount');
      expect(await look(box.path('f'), 'folder')).toBe('bind-mount');
      expect(await look(box.path('f', 'sub-a'))).toBe('ready');
      expect(await look(box.path('beside'))).toBe('ready');
    });
    if (!done) context.skip('bind mounts are not permitted here');
    expect(await look(box.path('f'), 'folder')).toBe('ready');
  });

  it('allows a folder that is mounted on itself: its first path is covered', async (context) => {
    fill();
    if (spawnSync('mount', ['--bind', box.path('f'), box.path('f')]).status !== 0) {
      context.skip('bind mounts are not permitted here');
    }
    try {
      expect(await look(box.path('f', 'sub'), 'folder')).toBe('ready');
    } finally {
      execFileSync('umount', [box.path('f')]);
    }
  });

  it('knows the folder that holds a protected file by its identity', async (context) => {
    mkdirSync(join(box.root, 'workspace', 'keys'));
    writeFileSync(join(box.root, 'workspace', 'keys', 'op.key.json'), 'x');
    const inspector: MediumInspector = { ...createMediumInspector(), hasSecondPath: () => false };
    const done = await withBindMount(join(box.root, 'workspace'), box.path('bind'), async () => {
      const path = box.path('bind', 'keys', 'op.key.json');
      const protectedPaths = [join(box.root, 'workspace')];
      const options = { protectedPaths, inspector };
      expect(await look(path, 'file', options)).toBe('protected-path');
      expect(await look(box.path('bind', 'keys'), 'folder', options)).toBe('protected-path');
    });
    if (!done) context.skip('bind mounts are not permitted here');
  });
});
