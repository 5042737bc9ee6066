import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { disposeOf, examineSelection, fillFreeSpace, sanitize } from '../../src/disposal/index.js';
import { readOperatorKey } from '../../src/operators/index.js';
import { approvePlan, archiveItem, buildPlan, eraseArchived, runSweep } from '../../src/retention/index.js';
import { sweepUnattended } from '../../src/unattended/index.js';
import { temporaryFolder } from '../temporary-folder.js';
import { enter, item, makeWorld, writeRecord } from './sweep-world.js';

/** A file that is due, its approved plan, and a log of which somebody has changed the first entry. */
async function brokenLog() {
  const made = await makeWorld(temporaryFolder());
  onTestFinished(() => made.session.close());
  const { session, records, root } = made;
  const file = writeRecord(join(records, 'A'));
  await enter(session, [item('A', file)]);
  const { plan } = await buildPlan(session);
  const { id } = await session.operator();
  await approvePlan(session, plan.id, await readOperatorKey(session.paths.keys, id).unlock(null));
  const other = writeRecord(join(records, 'B'));
  const selection = await examineSelection(session, { names: [other], folder: records, recordClass: null });
  execFileSync('sqlite3', [
    join(root, 'quietus.db'),
    'update log_entries set hash = lower(hex(zeroblob(32))) where seq = 1',
  ]);
  return { session, records, files: [file, other], plan, selection };
}

type Made = Awaited<ReturnType<typeof brokenLog>>;

// What is held, approved and planned stands in the log: nothing goes on the word of one that does not verify.
describe('a log that does not verify', () => {
  const nothing = { piElements: [], dataSubjects: null, ground: null, recordClass: null };
  it.each<[string, (made: Made) => Promise<unknown>]>([
    ['a run', ({ session, plan }) => runSweep(session, plan.id, { acceptResidual: true })],
    [
      'a sweep without a person',
      async ({ session }) => {
        throw (await sweepUnattended(session, { acceptResidual: true })).failure;
      },
    ],
    [
      'a disposal by name',
      ({ session, selection }) =>
        disposeOf(
          session,
          selection,
          { ...nothing, classTitle: null, authority: null },
          { acceptResidual: true },
        ),
    ],
    [
      'archiving',
      ({ session }) =>
        archiveItem(session, { itemId: 'A', folder: null, keepPlaintext: false, acceptResidual: true }),
    ],
    [
      'the erasure of an archive',
      ({ session, plan }) =>
        eraseArchived(session, {
          planId: plan.id,
          itemIds: ['A'],
          secrets: [],
          passphrase: null,
          statements: { keyCopiesDestroyed: true, noKeyBackups: true, noPlaintextCopies: true },
        }),
    ],
    [
      'the sanitization of a device',
      ({ session }) => sanitize(session, { device: '/nowhere', method: 'clear', technique: null } as never),
    ],
    ['filling free space', ({ session, records }) => fillFreeSpace(session, records, { trim: false })],
  ])('stops %s before anything is touched', async (_, destroy) => {
    const made = await brokenLog();
    await expect(destroy(made)).rejects.toMatchObject({ code: 'log-broken', exitCode: 5 });
    expect(made.files.every((file) => existsSync(file))).toBe(true);
    expect(await made.session.store.certificates.list()).toEqual([]);
  });
});
