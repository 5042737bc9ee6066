export { type AllowanceText, parseRate, parseSize, readAllowance } from './allowance.js';
export { type AutoOptions, sweepUnattended } from './auto-sweep.js';
export { runCommand } from './command-hook.js';
export { cronLines, partedCrontab } from './crontab.js';
export { type HookResult, runHooks } from './hooks.js';
export { fewFolders, recordFolders } from './record-folders.js';
export { type AutoReport, exitCodeOf, type PlanRun, runSummary, sweepSummary } from './run-report.js';
export type { Timer, TimerKind } from './timer.js';
export {
  type InstalledTimer,
  installedTimers,
  installTimer,
  removeTimers,
  type TimerFile,
  timerFiles,
} from './timer-installation.js';
export { type TimerOutlook, timerOutlook } from './timer-outlook.js';
export { postSummary } from './webhook.js';
