// Zip and CMS beside the programs that people would use: one file to another on the same disk, without compression.
// `QUIETUS_BENCH_MIB` sets the size.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildEntry } from '../scripts/build.mjs';
import { alternate, machine, seconds, table } from './measure.mjs';

const mebibytes = Number(process.env.QUIETUS_BENCH_MIB ?? 512);
const folder = mkdtempSync(join(tmpdir(), 'quietus-formats-'));
const at = (name) => join(folder, name);
try {
  await buildEntry(join(import.meta.dirname, 'format-program.mjs'), at('ours'));
  const file = openSync(at('input'), 'w');
  for (let block = 0; block < mebibytes; block += 1) writeSync(file, randomBytes(1 << 20));
  closeSync(file);
  const subject = ['-subj', '/CN=Bench', '-days', '2'];
  const made = spawnSync('openssl', [
    ...['req', '-x509', '-nodes', '-newkey', 'rsa:3072', '-keyout', at('key'), '-out', at('certificate')],
    ...subject,
  ]);
  if (made.status !== 0) throw new Error('openssl made no certificate');

  const node = process.execPath;
  const ours = (id, key) => [node, at('ours/format-program.js'), id, at('input'), at(`${id}.out`), key];
  const openssl = [
    'openssl',
    'cms',
    '-encrypt',
    '-binary',
    '-aes-256-gcm',
    '-outform',
    'DER',
    '-in',
    at('input'),
  ];
  const passphrase = 'correct-horse-battery-staple';
  const remove = (name) => () => rmSync(at(name), { force: true });
  const results = alternate(
    {
      'CMS: Quietus': { command: ours('cms', at('certificate')), before: remove('cms.out') },
      'CMS: openssl cms -encrypt': {
        command: [...openssl, '-out', at('openssl.out'), at('certificate')],
        before: remove('openssl.out'),
      },
      'CMS: openssl cms -encrypt -stream': {
        command: [...openssl, '-stream', '-out', at('stream.out'), at('certificate')],
        before: remove('stream.out'),
      },
      'zip: Quietus': { command: ours('zip', passphrase), before: remove('zip.out') },
      'zip: 7z a -mem=AES256 -mx0': {
        command: ['7z', 'a', '-tzip', '-mem=AES256', '-mx0', `-p${passphrase}`, at('7z.zip'), at('input')],
        before: remove('7z.zip'),
      },
      'zip: zip.js': {
        command: [
          node,
          join(import.meta.dirname, 'zip-js-program.mjs'),
          at('input'),
          at('js.zip'),
          passphrase,
        ],
        before: remove('js.zip'),
      },
    },
    { runs: 5 },
  );
  console.log(`${machine()}; ${mebibytes} MiB\n`);
  table(
    ['', 'wall', 'CPU', 'MiB/s', 'peak memory'],
    Object.entries(results).map(([name, { wall, cpu, rss }]) => [
      name,
      seconds(wall),
      seconds(cpu),
      Math.round(mebibytes / wall),
      rss === null ? 'not measured' : `${Math.round(rss)} MB`,
    ]),
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
