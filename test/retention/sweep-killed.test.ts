import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { verifyLog } from '../../src/audit/index.js';
import { showCertificate, verifyCertificateFile } from '../../src/certificate/index.js';
import { runSweep } from '../../src/retention/index.js';
import { compileProgram } from '../child-program.js';
import { fiftyFiles, makeWorld, type World } from './sweep-world.js';

let program: string;
beforeAll(async () => {
  program = await compileProgram('retention/sweep-program.ts');
});

const ITEMS = 47;

async function inWorld(work: (world: World, planId: string) => Promise<void>): Promise<void> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'quietus-killed-')));
  const world = await makeWorld(folder);
  try {
    await work(world, (await fiftyFiles(world)).id);
  } finally {
    await world.session.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function start(world: World, planId: string, killAt: number) {
  return spawnSync(process.execPath, [program, world.root, planId, String(killAt)], { encoding: 'utf8' });
}

/** Everything that must be true after the run, whatever happened in between. */
async function expectAllDoneOnce(world: World, planId: string, step: string): Promise<void> {
  const { session, records } = world;
  expect(readdirSync(records), step).toEqual(['bystander.txt']);
  expect(readFileSync(join(records, 'bystander.txt'), 'utf8'), step).toContain('PLAINTEXT');
  const run = await session.store.runs.sweepOf(planId);
  const disposals = await session.store.disposals.ofRun(run?.id ?? '');
  const outcomes = new Set(disposals.map(({ outcome }) => outcome));
  expect(disposals.length, step).toBe(ITEMS);
  for (const outcome of outcomes)
    expect(['overwritten-verified', 'overwritten-residual'], step).toContain(outcome);
  expect(await session.store.items.count({ state: 'disposed' }), step).toBe(ITEMS);
  const entries = await session.store.log.page(0, 10_000, { action: 'item.dispose' });
  const said = entries.map(
    ({ entry }) => JSON.parse(entry) as { subject: { item: string }; outcome: string },
  );
  for (const kind of ['intent', 'done']) {
    const ids = said.filter(({ outcome }) => outcome === kind).map(({ subject }) => subject.item);
    expect(ids.length, `${step}: ${kind}`).toBe(ITEMS);
    expect(new Set(ids).size, `${step}: ${kind}`).toBe(ITEMS);
  }
  expect((await verifyLog(session.store)).problem, step).toBeNull();
  const certificates = await session.store.certificates.list();
  expect(
    certificates.map(({ number }) => number),
    step,
  ).toEqual(['2026-0001']);
  const { document } = await showCertificate(session, '2026-0001');
  expect(document.items.length, step).toBe(ITEMS);
  expect(document.exceptions, step).toEqual([]);
  const verification = await verifyCertificateFile(session, '2026-0001');
  const failed = verification.files.flatMap(({ checks }) => checks.filter(({ passed }) => !passed));
  expect(failed, step).toEqual([]);
  expect(readdirSync(session.paths.certificates).toSorted(), step).toEqual([
    'certificate-2026-0001.json',
    'certificate-2026-0001.json.p7s',
    'certificate-2026-0001.pdf',
  ]);
}

/** Numbers of the steps to kill at: all of them where QUIETUS_TEST_EVERY_STEP is set, else each kind at many files. */
function chosenSteps(steps: readonly string[]): number[] {
  const seen = new Map<string, number>();
  return steps.flatMap((name, index) => {
    const before = seen.get(name) ?? 0;
    seen.set(name, before + 1);
    const last = steps.lastIndexOf(name) === index;
    return process.env.QUIETUS_TEST_EVERY_STEP || before % 24 === 0 || last ? [index + 1] : [];
  });
}

describe('kill -9 during a run of 50 files', () => {
  it('loses nothing and repeats nothing, whichever step it comes after', { timeout: 540_000 }, async () => {
    let steps: string[] = [];
    await inWorld(async (world, planId) => {
      const whole = start(world, planId, -1);
      expect(whole.stderr).toBe('');
      steps = JSON.parse(whole.stdout) as string[];
      await expectAllDoneOnce(world, planId, 'not killed');
    });
    expect(new Set(steps).size).toBeGreaterThanOrEqual(11);
    for (const at of chosenSteps(steps)) {
      await inWorld(async (world, planId) => {
        const killed = start(world, planId, at);
        const step = `killed after step ${at} of ${steps.length}, ${steps[at - 1]}`;
        expect(killed.signal, step).toBe('SIGKILL');
        if (at < steps.length) await runSweep(world.session, planId, { acceptResidual: true });
        await expectAllDoneOnce(world, planId, step);
      });
    }
  });
});
