import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import {
  issueCertificate,
  registerAsCsv,
  reissueCertificate,
  voidCertificate,
  writeRegisterPdf,
} from '../../src/certificate/index.js';
import { sampleSession, TestClock } from '../session/sample-workspace.js';
import { temporaryFolder } from '../temporary-folder.js';
import { recordRun } from './certified-run.js';
import { item } from './sample-facts.js';

describe('the destruction register of a year', () => {
  it('has every item of its certificates, also of those that are void or replaced', async () => {
    const clock = new TestClock(new Date('2026-03-02T12:00:00Z'));
    const session = await sampleSession({ clock });
    const formula = item(3, { classTitle: '=HYPERLINK("x")', authority: item(3).authority });
    await issueCertificate(session, await recordRun(session, 'run-1', [item(0), formula]));
    await issueCertificate(session, await recordRun(session, 'run-2', [item(1)]));
    await issueCertificate(session, await recordRun(session, 'run-3', [item(2)]));
    await voidCertificate(session, '2026-0002', 'Names the wrong box');
    await reissueCertificate(session, '2026-0003');
    clock.at = new Date('2027-02-01T12:00:00Z');
    await issueCertificate(session, await recordRun(session, 'run-4', [item(4)]));
    const csv = await registerAsCsv(session, 2026);
    const rows = parse(csv, { columns: true }) as Record<string, string>[];
    expect(rows.map(({ certificate, item: id, state }) => [certificate, id, state])).toEqual([
      ['2026-0001', 'HR-2022-00000', 'stands'],
      ['2026-0001', 'HR-2022-00003', 'stands'],
      ['2026-0002', 'HR-2022-00001', 'void'],
      ['2026-0003', 'HR-2022-00002', 'replaced by 2026-0004'],
      ['2026-0004', 'HR-2022-00002', 'stands'],
    ]);
    expect(rows[0]).toMatchObject({
      authority: '29 CFR 516.5; M.G.L. c. 151 § 15; 454 CMR 27.07',
      destroyed_on: '2026-03-02',
      done_by: 'Jane Doe',
      outcome: 'overwritten-verified',
      law: 'M.G.L. c. 93I, § 2(b)',
    });
    expect(rows[1]?.class_title).toBe(`'=HYPERLINK("x")`);
    if (spawnSync('pdftotext', ['-v']).error && process.env.CI !== 'true') return;
    const path = join(temporaryFolder(), 'register.pdf');
    await writeRegisterPdf(session, 2026, path, { force: false });
    const text = execFileSync('pdftotext', ['-layout', path, '-'], { encoding: 'utf8' });
    for (const words of [
      'Destruction register 2026',
      '2026-0002',
      'void',
      '2 certificates, 3 items',
      'Jane Doe',
    ])
      expect(text).toContain(words);
    await expect(writeRegisterPdf(session, 2026, path, { force: false })).rejects.toMatchObject({
      code: 'file-exists',
    });
    expect(parse(await registerAsCsv(session, 2025), { columns: true })).toEqual([]);
  });
});
