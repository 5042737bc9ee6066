// Appends to a log, by Quietus or by a bare SQLite loop that writes the same rows in the same commits, all rows of a commit
// in one statement (bare) or each in a prepared one (bare-rows).
// node log-appends.mjs PROGRAM|bare|bare-rows COMMITS ENTRIES-A-COMMIT FOLDER prints milliseconds, without start-up; PROGRAM is
// log-appending.ts, built.
import { hash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import sqlite3 from 'sqlite3';

const [kind, commits, each, folder] = [
  process.argv[2],
  Number(process.argv[3]),
  Number(process.argv[4]),
  process.argv[5],
];
const work = mkdtempSync(join(folder, 'appends-'));
process.once('exit', () => rmSync(work, { recursive: true, force: true }));
const event = {
  action: 'item.test',
  outcome: 'done',
  subject: { item: 'HR-2019-0001' },
  data: { files: 1, sha256: '0'.repeat(64) },
};

let begin = performance.now();
if (!kind.startsWith('bare')) {
  const { openAppender } = await import(pathToFileURL(kind).href);
  const appender = await openAppender(join(work, 'quietus.db'));
  const events = Array.from({ length: each }, () => event);
  await appender.append(events);
  begin = performance.now();
  for (let count = 0; count < commits; count += 1) await appender.append(events);
  console.log(performance.now() - begin);
  await appender.close();
} else {
  const database = new sqlite3.Database(join(work, 'bare.db'));
  const run = (sql, values = []) =>
    new Promise((done, fail) => database.run(sql, values, (error) => (error ? fail(error) : done())));
  await run('pragma journal_mode = wal');
  await run('pragma synchronous = full');
  await run(
    'create table log_entries (seq integer primary key, time text, operator text, action text, hash text, entry text)',
  );
  const prepared = await new Promise((done, fail) => {
    const statement = database.prepare('insert into log_entries values (?,?,?,?,?,?)', (error) =>
      error ? fail(error) : done(statement),
    );
  });
  const insert = (values) =>
    new Promise((done, fail) => prepared.run(values, (error) => (error ? fail(error) : done())));
  let prev = '0'.repeat(64);
  let seq = 0;
  begin = performance.now();
  for (let count = 0; count < commits; count += 1) {
    await run('begin immediate');
    const time = new Date().toISOString();
    const values = [];
    for (let at = 0; at < each; at += 1) {
      seq += 1;
      const entry = JSON.stringify({
        ...event,
        command: 'bench',
        format: 'quietus-log/1',
        host: 'h',
        operator: 'jdoe',
        prev,
        seq,
        time,
        workspace: '0f0e0d0c-0b0a-4908-8706-050403020100',
      });
      prev = hash('sha256', entry);
      values.push(seq, time, 'jdoe', event.action, prev, entry);
    }
    if (kind === 'bare-rows')
      for (let at = 0; at < values.length; at += 6) await insert(values.slice(at, at + 6));
    else
      await run(
        `insert into log_entries values ${Array.from({ length: each }, () => '(?,?,?,?,?,?)').join(',')}`,
        values,
      );
    await run('commit');
  }
  console.log(performance.now() - begin);
  await new Promise((done) => prepared.finalize(done));
  await new Promise((done) => database.close(done));
}
