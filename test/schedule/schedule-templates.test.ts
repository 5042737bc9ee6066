import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Fault, RecordClass } from '../../src/model/index.js';
import { readTemplate, scheduleTemplates } from '../../src/schedule/index.js';

/** What the law and the guidance say, written by hand from the reference of the project and not from the templates. */
interface Law {
  citation: string;
  /** Trigger and period of each minimum. */
  retain: readonly (readonly [after: string, period: string])[];
  /** The sources conflict, are secondary only, or leave open what the entry had to assume. */
  doubtful: boolean;
  cutOff?: 'calendar-year';
  deleteWithin?: readonly [after: string, period: string];
  /** The authority states no minimum, so a person decides. */
  noMinimum?: true;
}

const LAW: Readonly<Record<string, Law>> = {
  // Later of hire + 3 years, termination + 1 year.
  'form-i9': {
    citation: '8 CFR 274a.2',
    retain: [
      ['hire', 'P3Y'],
      ['termination', 'P1Y'],
    ],
    doubtful: true,
  },
  // FLSA: 3 years from last entry. Massachusetts: 3 years. ADEA payroll: 3 years. Unemployment: 4 years from the report filed.
  payroll: {
    citation: '29 CFR 516.5; c. 151 § 15; 454 CMR 27.07; 29 CFR 1627.3; 430 CMR 5.01',
    retain: [
      ['closed', 'P3Y'],
      ['report-filed', 'P4Y'],
    ],
    doubtful: true,
  },
  // Hire to termination + 3 years.
  'personnel-record': { citation: 'c. 149 § 52C', retain: [['termination', 'P3Y']], doubtful: false },
  // 1 year.
  'personnel-action': { citation: '29 CFR 1627.3', retain: [['closed', 'P1Y']], doubtful: true },
  // Until final disposition of the charge.
  'discrimination-charge': {
    citation: '29 CFR 1602.14',
    retain: [['charge-disposition', 'P1D']],
    doubtful: true,
    noMinimum: true,
  },
  // General 3, employment tax 4, bad debt and worthless securities 7 years.
  'tax-records': { citation: 'IRS guidance', retain: [['closed', 'P3Y']], doubtful: true },
  'tax-employment': { citation: 'IRS guidance', retain: [['closed', 'P4Y']], doubtful: true },
  'tax-bad-debt': { citation: 'IRS guidance', retain: [['closed', 'P7Y']], doubtful: true },
  // 6 years after filing.
  'benefit-plan-report': { citation: '29 USC 1027', retain: [['filing', 'P6Y']], doubtful: false },
  // 6 years from creation or last in effect.
  'hipaa-documentation': {
    citation: '45 CFR 164.530(j)',
    retain: [
      ['created', 'P6Y'],
      ['last-in-effect', 'P6Y'],
    ],
    doubtful: false,
  },
  // Exposure 30 years, medical employment + 30 years.
  'osha-exposure': { citation: '29 CFR 1910.1020(d)', retain: [['closed', 'P30Y']], doubtful: true },
  'osha-medical': { citation: '29 CFR 1910.1020(d)', retain: [['termination', 'P30Y']], doubtful: false },
  // 5 years after calendar year-end.
  'osha-300-log': {
    citation: '29 CFR 1904.33',
    retain: [['created', 'P5Y']],
    cutOff: 'calendar-year',
    doubtful: false,
  },
  // 7 years from the last encounter; for minors the sources conflict.
  'patient-record': { citation: '243 CMR 2.07', retain: [['last-encounter', 'P7Y']], doubtful: true },
  'patient-record-minor': { citation: '243 CMR 2.07', retain: [['last-encounter', 'P7Y']], doubtful: true },
  // 20 years, then notice to DPH 30 days before destruction.
  'clinic-record': {
    citation: 'c. 111 § 70; 105 CMR 130.370',
    retain: [['closed', 'P20Y']],
    doubtful: true,
  },
  // A maximum: 2 years after last use, with exceptions.
  'customer-information': {
    citation: '16 CFR 314.4(c)(6)',
    retain: [['last-used', 'P1D']],
    deleteWithin: ['last-used', 'P2Y'],
    doubtful: true,
    noMinimum: true,
  },
};

const TEMPLATES = scheduleTemplates();
const CLASSES = TEMPLATES.flatMap(({ name, schedule }) =>
  schedule.classes.map((each) => [`${name}: ${each.id}`, each] as const),
);

describe('templates', () => {
  test('are those that are promised', () => {
    expect(TEMPLATES.map(({ name }) => name)).toEqual([
      'financial-adviser',
      'medical-practice',
      'municipality',
      'small-business',
    ]);
  });

  test.each(CLASSES)('%s says what the law says, and when it was checked', (_name, each) => {
    const law = LAW[each.id];
    expect(law).toBeDefined();
    expect(each.retain.map((clause) => [clause.after, clause.for])).toEqual(law?.retain);
    expect(each.deleteWithin && [each.deleteWithin.after, each.deleteWithin.for]).toEqual(
      law?.deleteWithin ?? null,
    );
    expect(each.cutOff).toBe(law?.cutOff ?? 'none');
    expect(each.authority).toMatchObject({ citation: law?.citation, checked: '2026-11-02' });
    expect(each.authority.source).toMatch(/\w/);
    if (law?.doubtful) expect(each.authority.warning).toMatch(/\w/);
    if (law?.noMinimum) expect(each.disposition).toBe('review');
  });

  test('use all that the law table has', () => {
    const used = new Set(CLASSES.map(([, each]) => each.id));
    expect([...used].toSorted()).toEqual(Object.keys(LAW).toSorted());
  });

  test('let nobody destroy what needs a notice or a permission without it', () => {
    const needing = CLASSES.filter(
      ([name]) => name.startsWith('municipality:') || name.endsWith('clinic-record'),
    );
    expect(needing.length).toBeGreaterThan(5);
    for (const [name, each] of needing) expect(guarded(each), name).toBe(true);
  });

  test('are printed as they are shipped, and the package ships them', () => {
    const text = readTemplate('municipality');
    expect(text).toContain('Records Conservation Board');
    const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as { files: string[] };
    expect(manifest.files).toContain('src/schedule/templates');
  });

  test('that do not exist are named with the one that was meant', () => {
    expect(() => readTemplate('small-busines')).toThrowError(
      expect.objectContaining<Partial<Fault>>({
        code: 'template-unknown',
        exitCode: 2,
        hint: 'Did you mean small-business?',
      }),
    );
    expect(() => readTemplate('../schedule-file')).toThrowError(
      expect.objectContaining<Partial<Fault>>({ code: 'template-unknown' }),
    );
  });
});

/** A gate of the class asks for it, or a person must look first. */
function guarded(each: RecordClass): boolean {
  return each.disposition === 'review' || JSON.stringify(each).includes('"gates":[{');
}
