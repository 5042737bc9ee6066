import type { LogSettings } from './log-settings.js';

/** The settings that every entry of the log needs. */
export interface LogPolicy {
  workspaceId: string;
  log: Pick<LogSettings, 'reads' | 'unsignedEntries'>;
}

const WORKSPACE = /^workspace: ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/gm;
const READS = /^ {2}reads: (true|false)$/gm;
const UNSIGNED = /^ {2}unsigned_entries: ([1-9]\d{0,6})$/gm;
/** The same keys, however they are written. */
const ANY = /^[ \t]*["']?(?:workspace|reads|unsigned_entries|log)["']?[ \t]*:/gm;

/**
 * Finds in a settings file what an entry of the log needs, without reading all of it: a command that only lists something
 * would take a third longer to start. Only lines exactly as this program writes them count, each once.
 *
 * @returns undefined where anything is written in another way: then the whole file has to be read
 */
export function glanceAtSettings(text: string): LogPolicy | undefined {
  const [workspace, reads, unsigned] = [WORKSPACE, READS, UNSIGNED].map((line) => [...text.matchAll(line)]);
  if (workspace?.length !== 1 || reads?.length !== 1 || unsigned?.length !== 1) return undefined;
  if (!/^log:$/m.test(text) || [...text.matchAll(ANY)].length !== 4) return undefined;
  const unsignedEntries = Number(unsigned[0]?.[1]);
  if (unsignedEntries < 2) return undefined;
  return {
    workspaceId: workspace[0]?.[1] ?? '',
    log: { reads: reads[0]?.[1] === 'true', unsignedEntries },
  };
}
