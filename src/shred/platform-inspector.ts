import { createLinuxInspector } from './linux-medium-inspector.js';
import type { Assessment, MediumInspector } from './medium-inspector.js';
import { METHOD_LIMITS, mediumReason } from './method-limits.js';

/** Says that nothing is known, on platforms that nobody has taught this program yet. */
function createUnknownInspector(platform: string): MediumInspector {
  const assessment: Assessment = {
    fileSystem: 'unknown',
    residual: [mediumReason('file-system-unknown', platform)],
    limits: [...METHOD_LIMITS, mediumReason('path-addressing')],
  };
  return {
    inspect: () => ({ assessment, pseudo: false }),
    mountedAt: () => undefined,
    mountedBelow: () => undefined,
    hasSecondPath: () => undefined,
  };
}

/** The inspector for the platform this runs on, with a fresh view of the mounts. */
export function createMediumInspector(platform: string = process.platform): MediumInspector {
  return platform === 'linux' ? createLinuxInspector() : createUnknownInspector(platform);
}
