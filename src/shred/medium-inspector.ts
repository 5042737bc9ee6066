import type { Reason } from '../model/index.js';

/** What overwriting can and cannot achieve at a location; found before anything is written. */
export interface Assessment {
  /** Type of the file system as the operating system names it, or `unknown`. */
  fileSystem: string;
  /** Why data is left behind, or may be, in storage that belongs to the file itself. Empty: overwriting happens in place. */
  residual: Reason[];
  /** What cannot be found out or is never reached; always listed. */
  limits: Reason[];
}

/** What is known about the file system under one folder. */
export interface MediumFacts {
  assessment: Assessment;
  /** True for /proc, /sys and their like, whose files are not records. */
  pseudo: boolean;
}

/** Knowledge about media on one platform. One inspector serves one series of calls and may remember what it saw. */
export interface MediumInspector {
  /** @param folder canonical path of an existing folder */
  inspect(folder: string): MediumFacts;
  /** True when something is mounted exactly at the path; undefined when the platform does not tell. */
  mountedAt(path: string): boolean | undefined;
  /** True when something is mounted below the path. */
  mountedBelow(path: string): boolean | undefined;
  /** True when what lies at the canonical path, or something below it, is also reached through another mount. */
  hasSecondPath(path: string): boolean | undefined;
}
