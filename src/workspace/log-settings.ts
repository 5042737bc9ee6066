import { isAbsolute } from 'node:path';
import { isProtectedAddress } from './hook-settings.js';
import type { YamlMap } from './yaml-map.js';

/** What the log keeps, and who else is told of its state. */
export interface LogSettings {
  /** Most entries that may be without a signed checkpoint. */
  unsignedEntries: number;
  /** Seconds by which an entry may seem older than one before it: machines whose clocks differ. */
  clockTolerance: number;
  /** Whether commands that only read personal information or evidence leave an entry. */
  reads: boolean;
  /** Whether entries may hold names of files, which may be personal information. */
  fileNames: boolean;
  witnesses: WitnessSettings;
  timestamp: TimestampSettings | null;
}

/** Second places for checkpoints, so that whoever has the workspace cannot rewind its log unnoticed. */
export interface WitnessSettings {
  /** Absolute path of a folder, on another machine's disk for choice. */
  folder: string | null;
  /** `syslog` or `journald`: the system log of this machine, which may forward to another. */
  system: 'syslog' | 'journald' | null;
  /** https, or http to this machine. */
  webhook: string | null;
  /** PEM file with the certificates that the webhook's server is checked with, instead of the system's. */
  webhookCa: string | null;
}

/** A time-stamping authority (RFC 3161). */
export interface TimestampSettings {
  /** https or http: a response is signed, so http is as good. */
  url: string;
  /** PEM file with the certificates that responses are verified with. */
  ca: string;
}

/** `log.unsigned_entries` and `log.clock_tolerance` where nobody sets them. */
const UNSIGNED_ENTRIES = 1000;
const CLOCK_TOLERANCE = 300;

export const LOG_SETTINGS: LogSettings = {
  unsignedEntries: UNSIGNED_ENTRIES,
  clockTolerance: CLOCK_TOLERANCE,
  reads: true,
  fileNames: false,
  witnesses: { folder: null, system: null, webhook: null, webhookCa: null },
  timestamp: null,
};

/** Reads the mapping `log` of quietus.yaml; mistakes are noted in it. */
export function readLogSettings(log: YamlMap): LogSettings {
  const witnesses = log.map('witnesses', { optional: true });
  const timestamp = log.map('timestamp', { optional: true });
  const settings: LogSettings = {
    unsignedEntries:
      log.integer('unsigned_entries', { minimum: 2, maximum: 10_000_000, optional: true }) ??
      UNSIGNED_ENTRIES,
    clockTolerance:
      log.integer('clock_tolerance', { minimum: 0, maximum: 86_400, optional: true }) ?? CLOCK_TOLERANCE,
    reads: log.boolean('reads', { optional: true }) ?? true,
    fileNames: log.boolean('file_names', { optional: true }) ?? false,
    witnesses: witnesses ? readWitnesses(witnesses) : LOG_SETTINGS.witnesses,
    timestamp: timestamp ? readTimestamp(timestamp) : null,
  };
  for (const map of [log, witnesses, timestamp]) map?.refuseOtherKeys();
  return settings;
}

function readWitnesses(map: YamlMap): WitnessSettings {
  const folder = absolutePath(map, 'folder');
  const system = map.text('system', { optional: true }) ?? null;
  const webhook = map.text('webhook', { optional: true }) ?? null;
  if (system !== null && system !== 'syslog' && system !== 'journald') {
    map.problem('system', 'is neither syslog nor journald', 'Write syslog or journald');
  }
  if (webhook !== null && !isProtectedAddress(webhook)) {
    map.problem(
      'webhook',
      'is not an https address',
      'Write it as https://HOST/PATH without user and password; http is for 127.0.0.1, [::1] and localhost only',
    );
  }
  return {
    folder,
    system: system === 'syslog' || system === 'journald' ? system : null,
    webhook,
    webhookCa: absolutePath(map, 'webhook_ca'),
  };
}

function readTimestamp(map: YamlMap): TimestampSettings {
  const url = map.text('url') ?? '';
  const protocol = URL.canParse(url) ? new URL(url).protocol : '';
  if (url !== '' && protocol !== 'https:' && protocol !== 'http:') {
    map.problem('url', 'is no http or https address', 'Write the address of a time-stamping authority');
  }
  const ca = map.text('ca') ?? '';
  if (ca !== '' && !isAbsolute(ca)) map.problem('ca', 'is not an absolute path', 'Write it with a leading /');
  return { url, ca };
}

/** An optional path in the mapping; one that is not absolute is a mistake in it. */
export function absolutePath(map: YamlMap, key: string): string | null {
  const path = map.text(key, { optional: true }) ?? null;
  if (path !== null && !isAbsolute(path))
    map.problem(key, 'is not an absolute path', 'Write it with a leading /');
  return path;
}
