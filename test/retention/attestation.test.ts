import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { showCertificate } from '../../src/certificate/index.js';
import type { CalendarDate, Plan } from '../../src/model/index.js';
import { readOperatorKey } from '../../src/operators/index.js';
import {
  type AttestationRequest,
  approvePlan,
  buildPlan,
  custodyStep,
  performer,
  placeHold,
  recordDestruction,
  releaseHold,
  runSweep,
  vendorCertificate,
} from '../../src/retention/index.js';
import { importSchedule } from '../../src/schedule/index.js';
import { TestClock } from '../session/sample-workspace.js';
import { temporaryFolder } from '../temporary-folder.js';
import { enter, item, makeWorld, SCHEDULE, type World, writeRecord } from './sweep-world.js';

const PAPER = { medium: 'paper' } as const;

async function approve({ session }: World, plan: Plan): Promise<void> {
  const operator = await session.operator();
  await approvePlan(session, plan.id, await readOperatorKey(session.paths.keys, operator.id).unlock(null));
}

/** Boxes of paper in an approved plan. */
async function boxes(ids: readonly string[], changes: Parameters<typeof item>[2] = {}) {
  const clock = new TestClock();
  const made = await makeWorld(temporaryFolder(), { clock });
  onTestFinished(() => made.session.close());
  await enter(
    made.session,
    ids.map((id) => item(id, `Basement, shelf ${id}`, { ...PAPER, ...changes })),
  );
  const { plan } = await buildPlan(made.session);
  await approve(made, plan);
  return { made, plan, clock };
}

function request(
  plan: Plan,
  itemIds: readonly string[],
  changes: Partial<AttestationRequest['statement']> = {},
): AttestationRequest {
  return {
    planId: plan.id,
    itemIds,
    statement: {
      method: 'shredded',
      performedBy: 'A. Clerk',
      performedOn: '2026-03-02' as CalendarDate,
      witness: null,
      vendor: null,
      reference: null,
      ...changes,
    },
  };
}

async function disposed({ session }: World): Promise<number> {
  return await session.store.items.count({ state: 'disposed' });
}

describe('a statement of people', () => {
  it('about a day on which the record had still to be kept is refused', async () => {
    // Closed 2023-02-28 and kept for three years: through 2026-02-28.
    const { made, plan } = await boxes(['BOX'], { closed: '2023-02-28' as CalendarDate });
    for (const day of ['2026-02-28', '2020-01-01']) {
      const given = request(plan, ['BOX'], { performedOn: day as CalendarDate });
      await expect(recordDestruction(made.session, given), day).rejects.toMatchObject({ exitCode: 4 });
    }
    expect(await disposed(made)).toBe(0);
    expect((await recordDestruction(made.session, request(plan, ['BOX']))).certificate?.items).toBe(1);
  });

  it('about the last day of the period is refused though no approval is needed', async () => {
    const clock = new TestClock();
    const made = await makeWorld(temporaryFolder(), {
      clock,
      approvals: { minimum: 0, plannerMayApprove: true },
    });
    onTestFinished(() => made.session.close());
    const text = SCHEDULE.replaceAll('approvals: 1', 'approvals: 0');
    await importSchedule(made.session, { text, fileName: 'schedule.yaml' });
    await enter(made.session, [item('BOX', 'Shelf', { ...PAPER, closed: '2023-02-28' as CalendarDate })]);
    const { plan } = await buildPlan(made.session);
    const on = (day: string) => request(plan, ['BOX'], { performedOn: day as CalendarDate });
    await expect(recordDestruction(made.session, on('2026-02-28'))).rejects.toMatchObject({
      code: 'destroyed-before-due',
      exitCode: 4,
      hint: expect.stringContaining('incident'),
    });
    expect((await recordDestruction(made.session, on('2026-03-01'))).certificate?.items).toBe(1);
  });

  it('about a day before the approval, by the clocks of the workspace, is refused', async () => {
    const { made, plan, clock } = await boxes(['BOX']);
    // Approved at 15:00 UTC on 2 March, which is the same day in New York.
    clock.at = new Date('2026-03-04T15:00:00Z');
    const on = (day: string) => request(plan, ['BOX'], { performedOn: day as CalendarDate });
    await expect(recordDestruction(made.session, on('2026-03-01'))).rejects.toMatchObject({
      code: 'destroyed-before-approval',
      exitCode: 4,
      hint: expect.stringContaining('incident'),
    });
    expect((await recordDestruction(made.session, on('2026-03-02'))).certificate?.items).toBe(1);
  });

  it('is refused where the item or its rule has changed since the plan was made', async () => {
    const { made, plan } = await boxes(['A', 'B']);
    await made.session.store.transaction(async (transaction) => {
      const stored = await transaction.items.get('A');
      if (stored) await transaction.items.update({ ...stored, notes: 'counted again' }, stored.due);
    });
    await expect(recordDestruction(made.session, request(plan, ['A', 'B']))).rejects.toMatchObject({
      code: 'item-changed',
      exitCode: 4,
    });
    await importSchedule(made.session, {
      text: SCHEDULE.replace('29 CFR 516.5', '29 CFR 516.6'),
      fileName: 'schedule.yaml',
    });
    await expect(recordDestruction(made.session, request(plan, ['B']))).rejects.toMatchObject({
      code: 'rule-changed',
      exitCode: 4,
    });
    expect(await disposed(made)).toBe(0);
  });

  it('is refused about what is on hold', async () => {
    const { made, plan } = await boxes(['BOX']);
    const scopes = [{ kind: 'item', value: 'BOX' }] as const;
    await placeHold(made.session, { matter: 'Doe v. Roe', reason: null, scopes });
    await expect(recordDestruction(made.session, request(plan, ['BOX']))).rejects.toMatchObject({
      exitCode: 4,
    });
    expect(await disposed(made)).toBe(0);
  });

  it('about a day on which a hold stood or cooled off is refused after that, too', async () => {
    const { made, plan, clock } = await boxes(['BOX']);
    const { session } = made;
    const at = (day: string) => {
      clock.at = new Date(`${day}T15:00:00.000Z`);
    };
    at('2026-03-04');
    const scopes = [{ kind: 'item' as const, value: 'BOX' }];
    const { id } = await placeHold(session, { matter: 'm', reason: null, scopes });
    at('2026-03-10');
    // Seven days more, from the day after the release on.
    expect(await releaseHold(session, { id, reason: 'settled' })).toMatchObject({
      coolingOffUntil: '2026-03-17',
    });
    at('2026-03-18');
    const on = (day: string) => request(plan, ['BOX'], { performedOn: day as CalendarDate });
    for (const day of ['2026-03-05', '2026-03-10', '2026-03-17']) {
      await expect(recordDestruction(session, on(day)), day).rejects.toMatchObject({
        code: 'destroyed-while-kept',
        exitCode: 4,
      });
    }
    expect((await recordDestruction(session, on('2026-03-18'))).certificate?.items).toBe(1);
  });

  it('about the day before a hold was placed that has ended is recorded', async () => {
    const { made, plan, clock } = await boxes(['BOX']);
    clock.at = new Date('2026-03-04T15:00:00.000Z');
    const scopes = [{ kind: 'item' as const, value: 'BOX' }];
    const { id } = await placeHold(made.session, { matter: 'm', reason: null, scopes });
    await releaseHold(made.session, { id, reason: 'settled' });
    clock.at = new Date('2026-03-12T15:00:00.000Z');
    const given = request(plan, ['BOX'], { performedOn: '2026-03-03' as CalendarDate });
    expect((await recordDestruction(made.session, given)).certificate?.items).toBe(1);
  });

  it('that was recorded without its certificate gets it when it is made again, and only then', async () => {
    const { made, plan } = await boxes(['A', 'B', 'C']);
    const { certificates } = made.session.paths;
    const both = request(plan, ['A', 'B']);
    // Below a file nothing can be written: the recording is durable, and the certificate fails.
    made.session.paths.certificates = join(writeRecord(join(made.records, 'file')), 'folder');
    await expect(recordDestruction(made.session, both)).rejects.toThrow();
    made.session.paths.certificates = certificates;
    expect(await disposed(made)).toBe(2);
    expect(await made.session.store.certificates.list()).toEqual([]);
    for (const other of [
      request(plan, ['A']),
      request(plan, ['A', 'B', 'C']),
      request(plan, ['A', 'B'], { performedBy: 'Somebody else' }),
      { ...both, whereabouts: { source: 'Another room', destination: null } },
    ]) {
      await expect(recordDestruction(made.session, other)).rejects.toMatchObject({ exitCode: 4 });
    }
    expect((await recordDestruction(made.session, both)).certificate).toMatchObject({ items: 2 });
    await expect(recordDestruction(made.session, both)).rejects.toMatchObject({ exitCode: 4 });
    expect(await made.session.store.certificates.list()).toHaveLength(1);
  });

  it('leaves nothing of its items waiting in the certificate of the sweep', async () => {
    const made = await makeWorld(temporaryFolder());
    onTestFinished(() => made.session.close());
    const file = writeRecord(join(made.records, 'FILE'));
    await enter(made.session, [
      item('BOX-1', 'Shelf', PAPER),
      item('BOX-2', 'Shelf', PAPER),
      item('FILE', file),
    ]);
    const { plan } = await buildPlan(made.session);
    await approve(made, plan);
    await recordDestruction(made.session, request(plan, ['BOX-1']));
    const { waiting, certificate } = await runSweep(made.session, plan.id, { acceptResidual: true });
    expect(waiting).toEqual(['BOX-2']);
    const { document } = await showCertificate(made.session, certificate?.number ?? '');
    expect(document.exceptions.map(({ id, outcome }) => [id, outcome])).toEqual([['BOX-2', 'waiting']]);
  });

  it('tells of the vendor, its own certificate, the place and the chain of custody, in JSON and PDF', async () => {
    const { made, plan } = await boxes(['BOX']);
    const scan = join(temporaryFolder(), 'C-1882.pdf');
    writeFileSync(scan, '%PDF-1.4 the certificate of the vendor');
    const sum = execFileSync('sha256sum', [scan]).toString().slice(0, 64);
    const statement = {
      performedBy: performer('B. Smith', { title: 'Plant operator', phone: '+1 978 555 0100' }),
      vendor: 'Shred Co',
      place: '12 Mill St, Lowell MA',
      vendorCertificate: vendorCertificate(scan),
    };
    const custody = [custodyStep('2026-03-01; A. Jones; Shred Co; sealed bin 7')];
    const { certificate } = await recordDestruction(made.session, {
      ...request(plan, ['BOX'], statement),
      custody,
    });
    const { document, paths } = await showCertificate(made.session, certificate?.number ?? '');
    expect(document.items[0]).toMatchObject({
      statement: {
        performed_by: 'B. Smith, Plant operator, telephone +1 978 555 0100',
        place: '12 Mill St, Lowell MA',
        vendor: 'Shred Co',
        vendor_certificate: { file_name: 'C-1882.pdf', sha256: sum },
      },
      custody: [{ on: '2026-03-01', from: 'A. Jones', to: 'Shred Co', detail: 'sealed bin 7' }],
    });
    const text = execFileSync('pdftotext', ['-layout', paths.pdf, '-']).toString().replaceAll(/\s+/g, ' ');
    for (const part of ['C-1882.pdf', 'Plant operator', 'sealed bin 7']) expect(text).toContain(part);
  });

  it('with a chain of custody that is none, or a certificate that is not there, is refused', async () => {
    const { made, plan } = await boxes(['BOX']);
    const late = [custodyStep('2026-03-03; A. Jones; Shred Co')];
    await expect(
      recordDestruction(made.session, { ...request(plan, ['BOX']), custody: late }),
    ).rejects.toMatchObject({ code: 'custody-invalid', exitCode: 2 });
    for (const text of ['2026-03-01; A. Jones', '2026-03-01;;Shred Co', '2026-03-01; a; b; c; d'])
      expect(() => custodyStep(text), text).toThrow(/custody/);
    expect(() => custodyStep('2026-02-30; a; b')).toThrow(
      expect.objectContaining({
        message: expect.stringContaining('calendar'),
        hint: expect.stringContaining('--custody "2026-11-20; A. Jones; Shred Co'),
      }),
    );
    for (const path of ['/dev/null', '/dev/zero', '/nonexistent'])
      expect(() => vendorCertificate(path), path).toThrow(/is empty|is larger|cannot be read/);
  });
});
