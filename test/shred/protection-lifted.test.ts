// Files and folders that may not be changed: refused, and destroyed where that is asked for.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, type TestContext } from 'vitest';
import { type DisposalTarget, examine } from '../../src/shred/index.js';
import { compileProgram } from '../child-program.js';
import { codesOf, marked, Sandbox, snapshot } from './sandbox.js';

let box: Sandbox;
let complete: string;
beforeEach(async () => {
  box = new Sandbox();
  complete = await box.destroyed();
});
afterEach(() => {
  spawnSync('chattr', ['-R', '-i', '-a', box.data]);
  box.remove();
});

function protect(context: TestContext, flag: '+i' | '+a', ...names: string[]): void {
  const paths = names.map((name) => box.path(name));
  if (spawnSync('chattr', [flag, ...paths]).status !== 0) context.skip('chattr is not permitted here');
}

async function target(name: string, medium: 'file' | 'folder'): Promise<DisposalTarget> {
  const options = { protectedPaths: box.protectedPaths, liftProtection: true };
  const examined = await examine(box.path(name), medium, options);
  if (examined.status !== 'ready') throw new Error(examined.reason.code);
  return { itemId: name, location: examined.location, medium, fingerprint: examined.fingerprint };
}

it.for(['+i', '+a'] as const)('leaves a file with %s, and says what protects it', async (flag, context) => {
  writeFileSync(box.path('a'), marked(5000));
  const { fingerprint, location } = await target('a', 'file');
  protect(context, flag, 'a');
  const planned = await examine(box.path('a'), 'file', box);
  if (flag === '+i') {
    expect(planned).toMatchObject({ status: 'refused', reason: { code: 'immutable' } });
  } else {
    // Only opening it tells.
    const again = await target('a', 'file');
    const outcome = await box.runOne(again);
    expect([outcome.outcome, codesOf(outcome)]).toEqual(['refused', ['immutable']]);
    expect(outcome.reasons[0]?.text).toContain('append-only');
  }
  expect([fingerprint.kind, location]).toEqual(['file', box.path('a')]);
  expect(readFileSync(box.path('a'), 'latin1')).toBe(marked(5000));
});

it.for(['+i', '+a'] as const)('destroys a file with %s where that is asked for', async (flag, context) => {
  writeFileSync(box.path('a'), marked(5000));
  protect(context, flag, 'a');
  const outcome = await box.runOne(await target('a', 'file'), {}, { liftProtection: true });
  expect(outcome).toMatchObject({ outcome: complete, files: 1, protectionLifted: 1 });
  expect(existsSync(box.path('a'))).toBe(false);
});

it('destroys a folder in which everything is protected, and counts it', async (context) => {
  mkdirSync(box.path('f', 'sub', 'empty'), { recursive: true });
  writeFileSync(box.path('f', 'a'), marked(5000));
  writeFileSync(box.path('f', 'sub', 'b'), marked(5000));
  writeFileSync(box.path('f', 'sub', 'free'), marked(50));
  linkSync(box.path('f', 'a'), box.path('f', 'second name'));
  protect(context, '+i', 'f/a', 'f/sub/b', 'f/sub/empty', 'f/sub', 'f');
  const outcome = await box.runOne(await target('f', 'folder'), {}, { liftProtection: true });
  expect(outcome).toMatchObject({ outcome: complete, files: 4, fileOutcomes: [], protectionLifted: 5 });
  expect(snapshot(box.data)).toEqual({});
});

it('takes nothing away from what was put in the place of the protected file', async (context) => {
  writeFileSync(box.path('a'), marked(5000));
  writeFileSync(box.path('other'), 'other');
  protect(context, '+i', 'a', 'other');
  const planned = await target('a', 'file');
  const outcome = await box.runOne(
    planned,
    {
      begun: () => {
        spawnSync('chattr', ['-i', box.path('a'), box.path('other')]);
        renameSync(box.path('other'), box.path('a'));
        spawnSync('chattr', ['+i', box.path('a')]);
      },
    },
    { liftProtection: true },
  );
  expect([outcome.outcome, codesOf(outcome)]).toEqual(['refused', ['changed']]);
  expect(readFileSync(box.path('a'), 'utf8')).toBe('other');
  expect(spawnSync('lsattr', [box.path('a')], { encoding: 'utf8' }).stdout).toMatch(/^\S*i/);
});

it('of the owner who may not write is left, and destroyed where that is asked for', async (context) => {
  if (process.getuid?.() !== 0) context.skip('needs root to become somebody else');
  mkdirSync(box.path('f'));
  writeFileSync(box.path('f', 'a'), marked(5000));
  chmodSync(box.path('f', 'a'), 0o400);
  for (const name of ['', 'f', 'f/a']) chownSync(box.path(name), 65_534, 65_534);
  // Where the other account can read it.
  const program = join(box.root, 'owner.mjs');
  copyFileSync(await compileProgram('shred/owner-process.ts'), program);
  chmodSync(box.root, 0o755);
  const run = spawnSync(process.execPath, [program, box.path('f')], {
    ...{ uid: 65_534, gid: 65_534, cwd: '/', encoding: 'utf8' },
  });
  expect(run.stderr).toBe('');
  const { plain, outcomes } = JSON.parse(run.stdout);
  expect(plain).toBe('no-permission');
  expect(outcomes).toMatchObject([{ outcome: complete, files: 1, protectionLifted: 1 }]);
  expect(existsSync(box.path('f'))).toBe(false);
});
