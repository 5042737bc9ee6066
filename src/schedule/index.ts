export {
  type DueItem,
  dueDateCalculator,
  dueDates,
  isWaiting,
  missingTriggers,
  reckon,
} from './due-dates.js';
export { clauseInWords, explainDue, governingClause } from './due-explanation.js';
export type { DueSettings } from './period-arithmetic.js';
export { ruleOnOneLine, scheduleDocument, storedSchedule } from './schedule-document.js';
export { type ParsedSchedule, parseSchedule } from './schedule-file.js';
export {
  currentSchedule,
  importSchedule,
  readScheduleFile,
  type ScheduleFile,
  type ScheduleImport,
  scheduleInvalid,
} from './schedule-import.js';
