import type { WorkspacePaths } from '../workspace/index.js';

/** What of the workspace is in use while it disposes of records, and is therefore never disposed of. */
export function protectedPaths(paths: WorkspacePaths): string[] {
  return [
    paths.settings,
    paths.schedule,
    paths.database,
    `${paths.database}-wal`,
    `${paths.database}-shm`,
    paths.lock,
    paths.keys,
    paths.certificates,
    paths.backups,
    paths.databases,
    paths.handovers,
    paths.checkpoints,
    paths.segments,
    paths.archives,
  ];
}
