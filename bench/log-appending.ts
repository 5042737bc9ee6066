import { type LogEvent, Recorder } from '../src/audit/index.js';
import { openStore } from '../src/store/index.js';

/** For log-appends.mjs: a log in a database of its own. */
export async function openAppender(
  file: string,
): Promise<{ append(events: readonly LogEvent[]): Promise<void>; close(): Promise<void> }> {
  const store = await openStore({ sqlite: file }, (name) => `${file}.${name}`);
  const recorder = new Recorder(
    () => '0f0e0d0c-0b0a-4908-8706-050403020100',
    () => Promise.resolve({ operator: 'jdoe', host: 'h', command: 'bench' }),
    { now: () => new Date() },
  );
  return {
    async append(events) {
      await store.transaction((transaction) => recorder.appendAll(transaction, events));
    },
    close: () => store.close(),
  };
}
