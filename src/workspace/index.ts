export { type AtomicWriteOptions, syncFolder, writeFileAtomically } from './atomic-file.js';
export { readAtMost } from './bounded-read.js';
export { type Clock, dateIn, instant, isTimeZone, systemClock } from './clock.js';
export {
  LOG_SETTINGS,
  type LogSettings,
  type TimestampSettings,
  type WitnessSettings,
} from './log-settings.js';
export {
  defaultWorkspaceRoot,
  findWorkspace,
  SETTINGS_FILE,
  type WorkspacePaths,
  workspacePaths,
} from './paths.js';
export { requireOwn, requirePrivate } from './permissions.js';
export { type LockHolder, type RunLock, takeRunLock } from './run-lock.js';
export {
  APPROVAL_DAYS,
  COOLING_OFF_DAYS,
  glanceAtFile,
  isMonthDay,
  parseSettings,
  readSettings,
  SETTINGS_VERSION,
  type Settings,
  STATEMENT_DAYS,
} from './settings.js';
export { glanceAtSettings, type LogPolicy } from './settings-glance.js';
export { settingsText } from './settings-text.js';
export {
  groupOf,
  LOG_KEY_FILE,
  makeMembersFolder,
  readableMode,
  requireOwnersFiles,
  SHARED_FOLDER,
  SHARED_KEYS_FOLDER,
  shareWorkspace,
} from './sharing.js';
export { isRunning, removeUnfinished, unfinishedIn, unfinishedName } from './unfinished-output.js';
export {
  closest,
  editDistance,
  excerpt,
  formatProblems,
  readYaml,
  type SourceProblem,
  YAML_MAX_BYTES,
  type YamlMap,
  type YamlSource,
} from './yaml-source.js';
