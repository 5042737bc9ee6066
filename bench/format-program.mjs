// Encrypts a file in one format, for bench/formats.mjs: `node format-program.mjs FORMAT INPUT OUTPUT KEY`. The key is a
// certificate's path, or a passphrase.
import { readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { formatOf } from '../src/crypto/index.ts';

const [, , id, from, to, key] = process.argv;
const format = await formatOf(id);
const [input, output] = [await open(from, 'r'), await open(to, 'w+')];
const { size } = await input.stat();
const keys =
  id === 'cms'
    ? [{ kind: 'certificate', pem: readFileSync(key, 'utf8') }]
    : [{ kind: 'passphrase', passphrase: key }];
const encrypted = await format.encrypt(
  { kind: 'file', file: input, size },
  { kind: 'file', file: output },
  keys,
);
encrypted.forget();
await Promise.all([input.close(), output.close()]);
