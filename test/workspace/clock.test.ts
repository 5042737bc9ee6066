import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dateIn, instant } from '../../src/workspace/index.js';

describe('dates in a time zone', () => {
  it('turn at midnight there, not in UTC', () => {
    // 201 CMR is read in Boston: UTC-5 in winter, UTC-4 in summer.
    expect(dateIn('America/New_York', new Date('2026-01-01T04:59:59.999Z'))).toBe('2025-12-31');
    expect(dateIn('America/New_York', new Date('2026-01-01T05:00:00.000Z'))).toBe('2026-01-01');
    expect(dateIn('America/New_York', new Date('2026-07-01T03:59:59.999Z'))).toBe('2026-06-30');
    expect(dateIn('America/New_York', new Date('2026-07-01T04:00:00.000Z'))).toBe('2026-07-01');
  });

  it('are those that the date command of the system gives', () => {
    const at = fc.integer({ min: 0, max: 4_102_444_800 });
    const zones = fc.constantFrom(
      'America/New_York',
      'Pacific/Kiritimati',
      'Pacific/Pago_Pago',
      'Europe/London',
    );
    fc.assert(
      fc.property(at, zones, (seconds, zone) => {
        const env = { TZ: zone, PATH: process.env.PATH };
        const expected = execFileSync('date', ['-d', `@${seconds}`, '+%F'], { env })
          .toString()
          .trim();
        expect(dateIn(zone, new Date(seconds * 1000))).toBe(expected);
      }),
      { numRuns: 60 },
    );
  });

  it('and instants are UTC to the millisecond', () => {
    expect(instant({ now: () => new Date(Date.UTC(2026, 0, 2, 3, 4, 5, 6)) })).toBe(
      '2026-01-02T03:04:05.006Z',
    );
  });
});
