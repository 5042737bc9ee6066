import { refused } from '../model/index.js';
import type { Repositories } from '../store/index.js';
import type { Clock } from '../workspace/index.js';

/** A log, and the clock that it is compared with. A session is one. */
export interface ClockPlace {
  readonly store: Repositories;
  readonly clock: Clock;
  settings(): { log: { clockTolerance: number } };
}

/** Clocks that are set over the network step back by less, and those of machines differ by less; milliseconds. */
const LEAST_TOLERANCE = 300_000;
/** Nobody has used the workspace for as long, and then a clock says that years of records are due. */
const LONGEST_SILENCE_DAYS = 92;
const LONGEST_SILENCE = LONGEST_SILENCE_DAYS * 86_400_000;

const WAY_OUT = 'If it is right: quietus log accept-clock --reason TEXT';

/** Whether a fault is about the clock: it is not recorded, for the entry would have the wrong time. */
export function isAboutClock(code: string): boolean {
  return code === 'clock-backwards' || code === 'clock-jump';
}

/**
 * Compares the clock with every entry since a person confirmed one. An entry that lies in the future was made by a clock
 * that was ahead, or now the clock is behind: what is due today is known only once somebody has looked.
 *
 * @throws Fault `clock-backwards` (exit 4)
 */
export async function requireClockNotBehind(place: ClockPlace): Promise<void> {
  const from = await confirmedFrom(place);
  const latest = await place.store.log.latestTime(from);
  const tolerance = Math.max(LEAST_TOLERANCE, 1000 * place.settings().log.clockTolerance);
  const now = place.clock.now().getTime();
  if (latest === undefined || Date.parse(latest) <= now + tolerance) return;
  throw refused(
    'clock-backwards',
    `The clock says ${new Date(now).toISOString()}, and the log has an entry of ${latest}`,
    { hint: `Look at a calendar, and set the clock if it is wrong. ${WAY_OUT}`, details: { latest } },
  );
}

/**
 * The same, and follows the times of the entries since a person confirmed the clock: what comes after a long silence does
 * not count, nor does anything after that, until a person confirms the clock. So no entry that a wrong clock makes
 * lets it pass.
 *
 * @throws Fault `clock-backwards`, `clock-jump` (exit 4)
 */
export async function requireSoundClock(place: ClockPlace): Promise<void> {
  await requireClockNotBehind(place);
  const from = await confirmedFrom(place);
  const now = place.clock.now().getTime();
  const first = (await place.store.log.page(from - 1, 1))[0]?.time;
  if (first === undefined) return;
  let trusted = first;
  while (now - Date.parse(trusted) > LONGEST_SILENCE) {
    const reach = new Date(Date.parse(trusted) + LONGEST_SILENCE).toISOString();
    const next = await place.store.log.latestTime(from, reach);
    if (next === undefined || next <= trusted) throw jumped(now, trusted);
    trusted = next;
  }
}

function jumped(now: number, trusted: string): Error {
  return refused(
    'clock-jump',
    `The clock says ${new Date(now).toISOString()}; the log has nothing for more than ${LONGEST_SILENCE_DAYS} days after ${trusted}`,
    { hint: `Look at a calendar, and set the clock if it is wrong. ${WAY_OUT}`, details: { trusted } },
  );
}

/** Number of the entry by which a person confirmed the clock last, or of the first one. */
async function confirmedFrom({ store }: ClockPlace): Promise<number> {
  return (await store.log.newestMark(['log.accept-clock']))?.seq ?? 1;
}
