export { fiscalYearOfDates, requireDatesOfThisYear } from './dated-year.js';
export {
  type DueItem,
  dueDateCalculator,
  dueDates,
  isWaiting,
  missingTriggers,
  reckon,
} from './due-dates.js';
export { clauseInWords, explainDue, governingClause } from './due-explanation.js';
export type { Widening } from './going.js';
export type { ImportPermission } from './import-permission.js';
export { keepingClass } from './keeping-class.js';
export { type DueSettings, dayAfter, lastDay } from './period-arithmetic.js';
export { approveSchedule } from './schedule-approval.js';
export { parseScheduleCsv, scheduleCsv } from './schedule-csv.js';
export { ruleOnOneLine, rulesSha256, scheduleDocument, storedSchedule } from './schedule-document.js';
export { type DueChange, scheduleComparison } from './schedule-effects.js';
export { type ParsedSchedule, parseSchedule } from './schedule-file.js';
export {
  currentSchedule,
  importSchedule,
  type ScheduleImport,
} from './schedule-import.js';
export {
  parsedSchedule,
  readSchedule,
  readScheduleFile,
  type ScheduleFile,
} from './schedule-source.js';
export { readTemplate, type ScheduleTemplate, scheduleTemplates } from './schedule-templates.js';
export { withSubjectEvents } from './subject-events.js';
export { isDateMistake, readWrittenDate } from './written-date.js';
