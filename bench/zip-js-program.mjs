// The same with zip.js, for bench/formats.mjs: `node zip-js-program.mjs INPUT OUTPUT PASSPHRASE`.
import { createReadStream, createWriteStream } from 'node:fs';
import { Readable, Writable } from 'node:stream';
import { configure, ZipWriter } from '@zip.js/zip.js';

const [, , from, to, password] = process.argv;
configure({ useWebWorkers: false });
const writer = new ZipWriter(Writable.toWeb(createWriteStream(to)), {
  password,
  encryptionStrength: 3,
  level: 0,
});
await writer.add('content', Readable.toWeb(createReadStream(from, { highWaterMark: 1 << 20 })));
await writer.close();
