// Makes a log of any length directly in SQLite, with its tree: what appending entry by entry would leave, in minutes.
import { execFileSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import sqlite3 from 'sqlite3';

const ROWS = 2000;
const STORED_LEVEL = 8;

/** @param {string} root workspace that init has made @param {number} count entries that the log is to have */
export async function fillLog(root, count) {
  const file = join(root, 'quietus.db');
  const database = await new Promise((done, fail) => {
    const opened = new sqlite3.Database(file, (error) => (error ? fail(error) : done(opened)));
  });
  const all = (sql, values = []) =>
    new Promise((done, fail) =>
      database.all(sql, values, (error, rows) => (error ? fail(error) : done(rows))),
    );
  const made = await all('select * from log_entries order by seq');
  const { workspace, time: begin, data } = JSON.parse(made[0].entry);
  let prev = made.at(-1).hash;
  const start = Date.parse(begin);
  const peaks = [];
  const nodes = [];
  const append = (entry, position) => {
    let node = hash('sha256', `\0${entry}`);
    for (let level = 0; ; level += 1) {
      if (level >= STORED_LEVEL) nodes.push([level, position, node]);
      if (position % 2 === 0) {
        peaks.push(node);
        return;
      }
      node = hash('sha256', Buffer.from(`01${peaks.pop()}${node}`, 'hex'));
      position = (position - 1) / 2;
    }
  };
  for (const [position, { entry }] of made.entries()) append(entry, position);
  await all('pragma synchronous = off');
  for (let seq = made.length + 1; seq <= count; ) {
    const rows = [];
    for (; rows.length < ROWS && seq <= count; seq += 1) {
      const time = new Date(start + seq * 10).toISOString();
      const entry = `{"action":"item.dispose","command":"sweep run","data":{"assurance":"partial","files":1,"outcome":"overwritten-residual","sha256":"${prev}"},"elapsed_ms":${seq % 100000},"format":"quietus-log/1","host":"records-1","operator":"jdoe","outcome":"done","prev":"${prev}","seq":${seq},"subject":{"item":"HR-2019-${seq}","plan":"plan-2026-01-02-a1b2c3","run":"run-2026-01-02-a1b2c3"},"time":"${time}","workspace":"${workspace}"}`;
      prev = hash('sha256', entry);
      append(entry, seq - 1);
      rows.push([seq, time, 'jdoe', 'item.dispose', prev, entry]);
    }
    await all('begin');
    await all(
      'insert into log_entries (seq, time, operator, action, hash, entry) select value->>0, value->>1, value->>2, value->>3, value->>4, value->>5 from json_each(?)',
      [JSON.stringify(rows)],
    );
    await all(
      'insert into log_nodes (level, position, hash) select value->>0, value->>1, unhex(value->>2) from json_each(?)',
      [JSON.stringify(nodes.splice(0))],
    );
    await all('commit');
  }
  // The entry after it would have to name a checkpoint that init has made.
  await all('delete from log_checkpoints');
  await all('delete from log_tree');
  await all(
    'insert into log_tree (id, size, head, peaks, checkpoint_size, pin) values (1, ?, ?, unhex(?), ?, null)',
    [count, prev, peaks.join(''), count],
  );
  await all('pragma wal_checkpoint(truncate)');
  await new Promise((done) => database.close(done));
  return { key: data.log_key };
}

/** A workspace whose log has this many entries, signed. @returns its folder */
export async function bigLog(folder, count) {
  const root = join(folder, `log-${count}`);
  const program = join(import.meta.dirname, '..', 'bin', 'quietus.js');
  rmSync(root, { recursive: true, force: true });
  const words = '--organization Acme --time-zone UTC --operator jdoe --unattended --operator-name';
  execFileSync(process.execPath, [program, 'init', root, ...words.split(' '), 'Jane Doe'], {
    stdio: 'ignore',
  });
  await fillLog(root, count);
  execFileSync(process.execPath, [program, 'log', 'checkpoint', '--workspace', root], { stdio: 'ignore' });
  return root;
}
