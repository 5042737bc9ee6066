import { badInput } from '../model/index.js';
import { nextWallTime, parseWallTime, SweepQuota } from '../retention/index.js';
import type { Session } from '../session/index.js';
import { Throttle } from '../shred/index.js';

/** Limits of one invocation as they are typed; what is left out has no limit. */
export interface AllowanceText {
  maxItems?: number | undefined;
  /** Such as `20GB`. */
  maxBytes?: string | undefined;
  /** HH:MM in the organization's time zone; the next time that clocks there show it. */
  until?: string | undefined;
  /** Such as `50MB/s`. */
  rate?: string | undefined;
}

/** @throws Fault `size-invalid`, `rate-invalid`, `time-invalid` (exit 2) */
export function readAllowance(
  session: Session,
  text: AllowanceText,
): { quota: SweepQuota; throttle: Throttle | undefined } {
  const maxBytes = text.maxBytes === undefined ? undefined : parseSize(text.maxBytes, '--max-bytes');
  const throttle = text.rate === undefined ? undefined : new Throttle(parseRate(text.rate, '--rate'));
  const until = text.until === undefined ? undefined : parseWallTime(text.until, '--until');
  const quota = new SweepQuota(
    {
      ...(text.maxItems === undefined ? {} : { maxItems: text.maxItems }),
      ...(maxBytes === undefined ? {} : { maxBytes }),
      ...(until === undefined
        ? {}
        : { until: nextWallTime(session.settings().timeZone, until, session.clock.now()) }),
    },
    session.clock,
  );
  return { quota, throttle };
}

/** SI prefixes count by 1,000 and binary ones (IEC 80000-13) by 1,024. */
const UNITS: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/** @returns bytes, at least 1; `what` names the flag in the error */
export function parseSize(text: string, what: string): number {
  const bytes = sizeOf(text);
  if (bytes !== undefined) return bytes;
  throw badInput('size-invalid', `${what} is not a size`, {
    hint: `Write it as in ${what} 20GB; units are B, kB, MB, GB, TB and KiB, MiB, GiB, TiB`,
  });
}

/** @returns bytes a second */
export function parseRate(text: string, what: string): number {
  const bytes = /\/s$/i.test(text) ? sizeOf(text.slice(0, -2)) : undefined;
  if (bytes !== undefined) return bytes;
  throw badInput('rate-invalid', `${what} is not a rate`, {
    hint: `Write it as in ${what} 50MB/s; units are B, kB, MB, GB and KiB, MiB, GiB, a second`,
  });
}

function sizeOf(text: string): number | undefined {
  const match = /^(\d{1,15}(?:\.\d{1,6})?) ?([a-z]*)$/i.exec(text.trim());
  const unit = UNITS[(match?.[2] || 'b').toLowerCase()];
  if (match === null || unit === undefined) return undefined;
  const bytes = Math.round(Number(match[1]) * unit);
  return bytes >= 1 && Number.isSafeInteger(bytes) ? bytes : undefined;
}
