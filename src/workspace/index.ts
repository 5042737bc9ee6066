export { type AtomicWriteOptions, syncFolder, writeFileAtomically } from './atomic-file.js';
export { type Clock, dateIn, instant, isTimeZone, systemClock } from './clock.js';
export {
  defaultWorkspaceRoot,
  findWorkspace,
  SETTINGS_FILE,
  type WorkspacePaths,
  workspacePaths,
} from './paths.js';
export { requirePrivate } from './permissions.js';
export { type LockHolder, type RunLock, takeRunLock } from './run-lock.js';
export {
  APPROVAL_DAYS,
  isMonthDay,
  parseSettings,
  readSettings,
  SETTINGS_VERSION,
  type Settings,
} from './settings.js';
export { settingsText } from './settings-text.js';
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
