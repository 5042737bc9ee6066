export { type CompanyRecords, writeCompanyRecords } from './company-records.js';
export { type DemoOptions, runDemo } from './demo-run.js';
export { DEMO_SCHEDULE } from './demo-schedule.js';
export { inventoryCsv } from './inventory-rows.js';
