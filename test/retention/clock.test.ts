import { copyFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  acceptClock,
  beginEpoch,
  checkpointLog,
  findLosses,
  outsideCheckpoints,
  verifyWorkspaceLog,
} from '../../src/audit/index.js';
import { disposeOf } from '../../src/disposal/index.js';
import { readOperatorKey } from '../../src/operators/index.js';
import { buildPlan, placeHold, runSweep } from '../../src/retention/index.js';
import { deliver, openSession, recordReading, recordRefusal, type Session } from '../../src/session/index.js';
import { sweepUnattended } from '../../src/unattended/index.js';
import { workspacePaths } from '../../src/workspace/index.js';
import { temporaryFolder } from '../temporary-folder.js';
import { type AutoWorld, approve, autoWorld, enterFiles } from '../unattended/auto-world.js';

const DAY = 86_400_000;

function later({ clock }: AutoWorld, days: number): void {
  clock.at = new Date(clock.at.getTime() + days * DAY);
}

async function accept({ session }: AutoWorld): Promise<void> {
  const operatorKey = await readOperatorKey(session.paths.keys, 'jdoe').unlock(null);
  await acceptClock(session, { day: session.today(), reason: 'A calendar says so', operatorKey });
}

async function entries({ store }: Session): Promise<number> {
  return (await store.log.end())?.seq ?? 0;
}

const HOLD = { matter: 'Doe v. Acme', reason: null, scopes: [{ kind: 'class', value: 'drafts' }] } as const;

describe('a clock that jumped ahead', () => {
  it('stays refused whatever it had written into the log, until a person confirms it', async () => {
    const made = await autoWorld();
    const { session } = made;
    const [draft = ''] = await enterFiles(made, 'drafts', ['D-1']);
    later(made, 3650);
    for (let night = 0; night < 3; night += 1) {
      const { failure } = await sweepUnattended(session);
      expect(failure).toMatchObject({
        code: 'clock-jump',
        hint: expect.stringContaining('log accept-clock'),
      });
      const before = await entries(session);
      await recordRefusal(session, failure);
      expect(await entries(session)).toBe(before);
      await recordReading(session, {});
      expect(await entries(session)).toBe(before + 1);
      later(made, 1);
    }
    expect(existsSync(draft)).toBe(true);
    await accept(made);
    expect(await sweepUnattended(session, { acceptResidual: true })).toMatchObject({ failure: null });
    expect(existsSync(draft)).toBe(false);
  });

  it('stops runs by hand, but no hold, and no silence that somebody works in', async () => {
    const made = await autoWorld();
    const { session } = made;
    const [path = ''] = await enterFiles(made, 'payroll', ['P-1']);
    for (const days of [91, 91]) {
      later(made, days);
      await recordReading(session, {});
    }
    const { plan } = await buildPlan(session);
    await approve(made, plan.id);
    later(made, 93);
    await placeHold(session, { ...HOLD, scopes: [...HOLD.scopes] });
    await expect(runSweep(session, plan.id)).rejects.toMatchObject({ code: 'clock-jump', exitCode: 4 });
    const nothing = { paths: [] } as never;
    await expect(disposeOf(session, nothing, nothing)).rejects.toMatchObject({ code: 'clock-jump' });
    expect(existsSync(path)).toBe(true);
  });
});

describe('a clock that was set back', () => {
  it('stops plans and runs while an entry lies in the future, and no hold', async () => {
    const made = await autoWorld();
    const { session } = made;
    const [path = ''] = await enterFiles(made, 'payroll', ['P-1']);
    const { plan } = await buildPlan(session);
    await approve(made, plan.id);
    made.clock.at = new Date(made.clock.at.getTime() - 4 * 60_000);
    await buildPlan(session);
    made.clock.at = new Date(made.clock.at.getTime() - 2 * 60_000);
    // What it writes itself does not let it pass.
    await placeHold(session, { ...HOLD, scopes: [...HOLD.scopes] });
    const refusal = { code: 'clock-backwards', exitCode: 4, hint: expect.stringContaining('accept-clock') };
    await expect(buildPlan(session)).rejects.toMatchObject(refusal);
    await expect(runSweep(session, plan.id)).rejects.toMatchObject(refusal);
    expect(existsSync(path)).toBe(true);
    expect(await verifyWorkspaceLog(session)).toMatchObject({ problem: { code: 'clock-backwards' } });
    await accept(made);
    expect(await verifyWorkspaceLog(session)).toMatchObject({ problem: null });
    await buildPlan(session);
  });

  it('goes on once a person confirmed it after entries of the future, and is watched from then on', async () => {
    const made = await autoWorld();
    const { session } = made;
    await enterFiles(made, 'payroll', ['P-1']);
    later(made, 3650);
    await recordReading(session, {});
    later(made, -3650);
    await expect(buildPlan(session)).rejects.toMatchObject({ code: 'clock-backwards' });
    await accept(made);
    expect(await verifyWorkspaceLog(session)).toMatchObject({ problem: null });
    await buildPlan(session);
    later(made, -1);
    await recordReading(session, {});
    expect(await verifyWorkspaceLog(session)).toMatchObject({ problem: { code: 'clock-backwards' } });
    await expect(buildPlan(session)).rejects.toMatchObject({ code: 'clock-backwards' });
  });

  it('is not confirmed by an entry that its operator did not sign', async () => {
    const made = await autoWorld();
    const { session } = made;
    later(made, -1);
    await session.store.transaction((transaction) =>
      session.recorder.append(transaction, {
        action: 'log.accept-clock',
        outcome: 'done',
        data: { day: session.today(), reason: 'none', signature: 'AAAA' },
      }),
    );
    expect(await verifyWorkspaceLog(session)).toMatchObject({ problem: { code: 'clock-backwards' } });
  });
});

describe('a database that is an older copy', () => {
  /** A hold is placed after the copy was made; then the copy takes the place of the database. */
  async function rewound(): Promise<{ made: AutoWorld; session: Session; draft: string }> {
    const made = await autoWorld();
    const [draft = ''] = await enterFiles(made, 'drafts', ['D-1']);
    const { database } = made.session.paths;
    await checkpointLog(made.session);
    await made.session.close();
    copyFileSync(database, `${database}.old`);
    const between = await open(made);
    await placeHold(between, { ...HOLD, scopes: [...HOLD.scopes] });
    await checkpointLog(between);
    await deliver(between, { force: true });
    await between.close();
    copyFileSync(`${database}.old`, database);
    return { made, session: await open(made), draft };
  }

  async function open({ root, clock }: AutoWorld): Promise<Session> {
    const session = await openSession({ paths: workspacePaths(root), command: 'test', clock });
    onTestFinished(() => session.close());
    return session;
  }

  it('destroys nothing while a checkpoint in a file proves it, also when the log has grown past it', async () => {
    const { session, draft } = await rewound();
    const failure = { code: 'log-rewound', exitCode: 5 };
    expect(await sweepUnattended(session)).toMatchObject({ failure, runs: [] });
    for (let count = 0; count < 20; count += 1) await recordReading(session, {});
    await checkpointLog(session);
    // The folder's newest checkpoint stays the one that contradicts.
    expect(await deliver(session, { force: true })).toEqual([expect.stringContaining('log-rewound')]);
    expect(await sweepUnattended(session)).toMatchObject({ failure, runs: [] });
    const nothing = { paths: [] } as never;
    await expect(disposeOf(session, nothing, nothing)).rejects.toMatchObject(failure);
    expect(existsSync(draft)).toBe(true);
  });

  it('is worked with again once an operator has acknowledged the loss', async () => {
    const { session, draft } = await rewound();
    const places = { checkpoints: session.paths.checkpoints, witnessFolder: null, against: [] };
    const { workspaceId } = session.settings();
    const losses = await findLosses(session, await outsideCheckpoints(places, workspaceId));
    const operatorKey = await readOperatorKey(session.paths.keys, 'jdoe').unlock(null);
    await beginEpoch(session, { reason: 'Restored from a backup', losses, operatorKey });
    expect(await deliver(session, { force: true })).toEqual([]);
    expect(await sweepUnattended(session, { acceptResidual: true })).toMatchObject({ failure: null });
    expect(existsSync(draft)).toBe(false);
  });

  it('is said by the folder of the witness where the workspace was put back as a whole', async () => {
    const { made, session } = await rewound();
    const { checkpoints, settings } = session.paths;
    const witness = join(temporaryFolder(), 'elsewhere');
    renameSync(checkpoints, witness);
    const text = readFileSync(settings, 'utf8');
    writeFileSync(settings, text.replace(/^log:$/m, `log:\n  witnesses: {folder: ${witness}}`));
    expect(await sweepUnattended(await open(made))).toMatchObject({
      failure: { code: 'log-rewound', message: expect.stringContaining('the folder of the witness') },
    });
  });
});
