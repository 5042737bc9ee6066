import { Recorder } from '../../src/audit/index.js';
import { openStore, type StoreLocation } from '../../src/store/index.js';

// Opens the store of its first argument and appends log entries, each in a transaction that first reads.
const [location = '', operator = '', count = ''] = process.argv.slice(2);
const store = await openStore(JSON.parse(location) as StoreLocation, (name) => `${operator}-${name}`);
const recorder = new Recorder(
  () => 'w',
  () => Promise.resolve({ operator, host: 'h', command: 'test' }),
  { now: () => new Date() },
);
let appended = 0;
for (; appended < Number(count); appended += 1) {
  await store.transaction((transaction) =>
    recorder.append(transaction, { action: 'test.test', outcome: 'done' }),
  );
}
await store.close();
console.log(`appended ${appended}`);
