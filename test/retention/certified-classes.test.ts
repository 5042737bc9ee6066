import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { reissueCertificate, showCertificate } from '../../src/certificate/index.js';
import { addItem } from '../../src/inventory/index.js';
import { readOperatorKey } from '../../src/operators/index.js';
import { approvePlan, buildPlan, runSweep } from '../../src/retention/index.js';
import { importSchedule } from '../../src/schedule/index.js';
import { temporaryFolder } from '../temporary-folder.js';
import { makeWorld, writeRecord } from './sweep-world.js';

const SCHEDULE = `version: 1
title: Test
classes:
  invoice:
    title: Invoices
    retain: [{after: closed, for: P3Y}]
    disposition: destroy
    authority: {citation: AUTHORITY OF THREE YEARS, checked: 2026-11-02}
  ledger:
    title: Ledgers
    retain: [{after: closed, for: P7Y}]
    disposition: destroy
    authority: {citation: AUTHORITY OF SEVEN YEARS, checked: 2026-11-02}
`;

describe('the certificate of an item of several classes', () => {
  it.each([
    ['invoice', 'ledger'],
    ['ledger', 'invoice'],
  ])(
    'names the authority of the class that kept it longest, and the others: %s, %s',
    async (first, second) => {
      const made = await makeWorld(temporaryFolder());
      onTestFinished(() => made.session.close());
      const { session, records } = made;
      await importSchedule(session, { text: SCHEDULE, fileName: 'schedule.yaml' });
      const location = writeRecord(join(records, 'A'));
      const item = { id: 'A', title: 'T', medium: 'file', location, closed: '2015-06-30' };
      await addItem(session, { ...item, class: `${first};${second}` });
      const { plan, items } = await buildPlan(session);
      expect(items).toMatchObject([{ decision: 'dispose', keepUntil: '2022-06-30', keptUnder: 'ledger' }]);
      const { id } = await session.operator();
      await approvePlan(session, plan.id, await readOperatorKey(session.paths.keys, id).unlock(null));
      const { certificate } = await runSweep(session, plan.id, { acceptResidual: true });
      const read = async (number: string) => (await showCertificate(session, number)).document.items;
      const expected = [
        {
          keep_until: '2022-06-30',
          record_class: 'ledger',
          class_title: 'Ledgers',
          authority: { citation: 'AUTHORITY OF SEVEN YEARS' },
          other_classes: [
            {
              record_class: 'invoice',
              class_title: 'Invoices',
              authority: { citation: 'AUTHORITY OF THREE YEARS' },
            },
          ],
        },
      ];
      expect(await read(certificate?.number ?? '')).toMatchObject(expected);
      const again = await reissueCertificate(session, certificate?.number ?? '');
      expect(await read(again.number)).toMatchObject(expected);
    },
  );
});
