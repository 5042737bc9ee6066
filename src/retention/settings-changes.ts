import { parseLogEntry } from '../audit/index.js';
import type { Repositories } from '../store/index.js';

/** A setting that has another value than before; null where the log does not tell what it was. */
export interface SettingChange {
  key: string;
  from: string | number | boolean | null;
  to: string | number | boolean | null;
}

/** What was changed in quietus.yaml, as the log tells, between the newest plan and the one before it. */
export async function settingsChangedSinceLastPlan({ log }: Repositories): Promise<SettingChange[]> {
  const [, last] = await log.pageBefore(undefined, 2, { action: 'sweep.plan' });
  if (last === undefined) return [];
  const changes = new Map<string, SettingChange>();
  for (let before: number | undefined; ; ) {
    const record = await log.newestMark(['settings.change'], before);
    if (record === undefined || record.seq < last.seq) break;
    const changed = parseLogEntry(record.entry)?.data.changed ?? {};
    // From the newest to the oldest: the first value is the one before them all.
    for (const [key, { from, to }] of Object.entries(changed as Record<string, SettingChange>))
      changes.set(key, { key, from, to: changes.get(key)?.to ?? to });
    before = record.seq;
  }
  return [...changes.values()].filter(({ from, to }) => from !== to);
}
