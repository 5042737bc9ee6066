import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { verifyLog } from '../../src/audit/index.js';
import { showCertificate, verifyCertificateFile } from '../../src/certificate/index.js';
import { continueDisposal, cutOffDisposalOf, cutOffDisposals } from '../../src/disposal/index.js';
import { placeHold } from '../../src/retention/index.js';
import type { Session } from '../../src/session/index.js';
import { compileProgram } from '../child-program.js';
import { makeWorld, writeRecord } from '../retention/sweep-world.js';
import { temporaryFolder } from '../temporary-folder.js';

let program: string;
beforeAll(async () => {
  program = await compileProgram('disposal/dispose-program.ts');
});

/** Two files, and a folder with two files, an empty folder and a link to what must stay. */
function threePaths(records: string, name: string): string[] {
  const folder = join(records, name);
  const box = join(folder, 'box');
  mkdirSync(join(box, 'empty'), { recursive: true });
  const files = ['a', 'b', 'box/c', 'box/d'].map((each) => writeRecord(join(folder, each)));
  symlinkSync(join(records, 'bystander'), join(box, 'link'));
  return [...files.slice(0, 2), box];
}

async function expectDoneOnce(session: Session, runId: string, step: string): Promise<void> {
  const run = await session.store.runs.get(runId);
  expect(run?.finishedAt, step).not.toBeNull();
  const disposals = await session.store.disposals.ofRun(runId);
  expect(disposals.length, step).toBe(3);
  for (const { outcome } of disposals) expect(outcome, step).toMatch(/^overwritten-/);
  const entries = (await session.store.log.page(0, 10_000, { action: 'item.dispose' }))
    .map(({ entry }) => JSON.parse(entry) as { subject: { item: string; run: string }; outcome: string })
    .filter(({ subject }) => subject.run === runId);
  for (const kind of ['intent', 'done']) {
    const ids = entries.filter(({ outcome }) => outcome === kind).map(({ subject }) => subject.item);
    expect(ids.toSorted(), `${step}: ${kind}`).toEqual([1, 2, 3].map((at) => `${runId}/${at}`));
  }
  const certificate = await session.store.certificates.ofRun(runId);
  const { document } = await showCertificate(session, certificate?.number ?? '');
  expect(document.subject, step).toEqual({ kind: 'disposal', id: runId, ground: null });
  expect(document.items.map(({ record_class, authority }) => [record_class, authority])).toEqual(
    Array.from({ length: 3 }, () => [null, null]),
  );
  const { files } = await verifyCertificateFile(session, certificate?.number ?? '');
  expect(
    files.flatMap(({ checks }) => checks.filter(({ passed }) => !passed)),
    step,
  ).toEqual([]);
}

it('a disposal loses nothing and repeats nothing, whichever step it is killed after', async () => {
  const { session, root, records } = await makeWorld(temporaryFolder());
  onTestFinished(() => session.close());
  writeRecord(join(records, 'bystander'));
  const start = (names: readonly string[], killAt: number) =>
    spawnSync(process.execPath, [program, root, String(killAt), ...names], { encoding: 'utf8' });
  const whole = start(threePaths(records, 'whole'), -1);
  expect(whole.stderr).toBe('');
  const steps = JSON.parse(whole.stdout) as string[];
  expect(new Set(steps)).toContain('renamed');
  const kinds = [...new Set(steps)];
  for (const step of kinds.slice(0, -1)) {
    // The last of each kind: what came before has happened to everything.
    const at = steps.lastIndexOf(step) + 1;
    const names = threePaths(records, step);
    expect(start(names, at).signal, step).toBe('SIGKILL');
    if (step === 'examined') {
      // Nothing was begun, so the list is frozen and nothing else.
      expect(names.every((name) => existsSync(name))).toBe(true);
    }
    const run = await cutOffDisposalOf(session, names);
    const id = run?.id ?? '';
    await continueDisposal(session, id, { onlyBegun: false });
    expect(readdirSync(join(records, step)), step).toEqual([]);
    await expectDoneOnce(session, id, step);
    expect(await cutOffDisposals(session), step).toEqual([]);
  }
  expect(existsSync(join(records, 'bystander'))).toBe(true);
  expect((await verifyLog(session.store)).problem).toBeNull();
});

it('a disposal that was cut off goes on with what was confirmed, and not past a hold', async () => {
  const { session, root, records } = await makeWorld(temporaryFolder());
  onTestFinished(() => session.close());
  const bystander = writeRecord(join(records, 'bystander'));
  const start = (names: readonly string[], killAt: number) =>
    spawnSync(process.execPath, [program, root, String(killAt), ...names], { encoding: 'utf8' });
  const options = { onlyBegun: false } as const;

  // Right after the list was frozen somebody writes another path into the database.
  const names = threePaths(records, 'changed');
  expect(start(names, 1).signal).toBe('SIGKILL');
  const run = await cutOffDisposalOf(session, names);
  const sql = (line: string) => execFileSync('sqlite3', [session.paths.database, line]);
  sql(`update run_targets set line = replace(line, '${names[0]}', '${bystander}') where position = 0`);
  await expect(continueDisposal(session, run?.id ?? '', options)).rejects.toMatchObject({
    code: 'disposal-changed',
    exitCode: 5,
  });
  sql(`update run_targets set line = replace(line, '${bystander}', '${names[0]}') where position = 0`);
  expect(existsSync(bystander) && names.every((name) => existsSync(name))).toBe(true);

  await placeHold(session, {
    matter: 'Doe v. Acme',
    reason: null,
    scopes: [{ kind: 'location', value: names[0] ?? '' }],
  });
  const { disposals } = await continueDisposal(session, run?.id ?? '', options);
  expect(disposals.map(({ outcome }) => outcome.replace(/^overwritten-.*/, 'overwritten'))).toEqual([
    'refused',
    'overwritten',
    'overwritten',
  ]);
  expect(disposals[0]?.result.reasons.map(({ code }) => code)).toEqual(['legal-hold']);
  expect(names.map((name) => existsSync(name))).toEqual([true, false, false]);
});
