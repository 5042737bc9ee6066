/**
 * Milliseconds of a clock that is never set, since some instant in the past: for how long something took.
 * `performance.now()` says the same, but the module behind it costs every start milliseconds of its own.
 */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
