import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Throttle } from '../../src/shred/index.js';
import { parseRate, parseSize, readAllowance } from '../../src/unattended/index.js';
import { sampleSession } from '../session/sample-workspace.js';

describe('sizes and rates', () => {
  it.each([
    ['512', 512],
    ['20GB', 20_000_000_000],
    ['1.5 MiB', 1_572_864],
    ['3kB', 3000],
    ['3KiB', 3072],
    ['2TB', 2_000_000_000_000],
  ])('reads %s', (text, bytes) => {
    expect(parseSize(text, '--max-bytes')).toBe(bytes);
    expect(parseRate(`${text}/s`, '--rate')).toBe(bytes);
  });

  it.each(['', '0', '-1', '1e9', '5 apples', '0.1B', '99999999999999TB', 'GB', '1,5MB', '٣MB'])(
    'refuses "%s"',
    (text) => {
      expect(() => parseSize(text, '--max-bytes')).toThrow(expect.objectContaining({ code: 'size-invalid' }));
      expect(() => parseRate(`${text}/s`, '--rate')).toThrow(
        expect.objectContaining({ code: 'rate-invalid' }),
      );
    },
  );

  it('count by 1,000 and by 1,024', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8000 }), fc.integer({ min: 0, max: 4 }), (number, power) => {
        const si = ['B', 'kB', 'MB', 'GB', 'TB'][power] ?? '';
        const binary = ['B', 'KiB', 'MiB', 'GiB', 'TiB'][power] ?? '';
        expect(parseSize(`${number}${si}`, '--max-bytes')).toBe(number * 1000 ** power);
        expect(parseSize(`${number}${binary}`, '--max-bytes')).toBe(number * 1024 ** power);
      }),
    );
  });
});

describe('the time to stop', () => {
  it('is the next one by the clock of the organization', async () => {
    // The test's clock: 2 March 2026, 10:00 in New York.
    const session = await sampleSession();
    const over = (until: string, at: string): boolean => {
      session.clock.now().setTime(Date.parse('2026-03-02T15:00:00Z'));
      const { quota } = readAllowance(session, { until });
      onTestFinished(() => quota.close());
      session.clock.now().setTime(Date.parse(at));
      return quota.expired();
    };
    expect(over('10:01', '2026-03-02T15:00:59Z')).toBe(false);
    expect(over('10:01', '2026-03-02T15:01:00Z')).toBe(true);
    expect(over('06:00', '2026-03-03T10:59:59Z')).toBe(false);
    expect(over('06:00', '2026-03-03T11:00:00Z')).toBe(true);
  });
});

describe('a throttle', () => {
  it('lets through no more than its rate, whoever asks', async () => {
    const throttle = new Throttle(1_000_000);
    const begin = performance.now();
    await Promise.all(Array.from({ length: 10 }, () => throttle.take(50_000)));
    const seconds = (performance.now() - begin) / 1000;
    // 500,000 bytes, of which a tenth of a second's worth passes at once.
    expect(seconds).toBeGreaterThan(0.39);
    expect(seconds).toBeLessThan(2);
  });

  it('saves up nothing while it is not used', async () => {
    const throttle = new Throttle(1_000_000);
    await throttle.take(1);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const begin = performance.now();
    await throttle.take(400_000);
    expect(performance.now() - begin).toBeGreaterThan(290);
  });

  it('needs a rate', () => {
    for (const rate of [0, -1, Number.NaN]) expect(() => new Throttle(rate)).toThrow(RangeError);
  });
});
