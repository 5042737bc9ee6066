// What bench/encryption.mjs measures: the format and the pack without the command line around them.
import { open } from 'node:fs/promises';
import { type ByteInput, formatOf } from '../src/crypto/index.js';
import { pack } from '../src/packing/index.js';

const [, , task = '', key = '', from = '', to = '', threads = ''] = process.argv;
const options = threads === '' ? {} : { threads: Number(threads) };
const format = await formatOf('age');

async function fileInput(path: string): Promise<ByteInput> {
  const file = await open(path);
  return { kind: 'file', file, size: (await file.stat()).size };
}

async function encrypt(input: ByteInput): Promise<void> {
  const file = await open(to, 'w+');
  const made = await format.encrypt(
    input,
    { kind: 'file', file },
    [{ kind: 'age', recipient: key }],
    options,
  );
  if (task === 'prove') {
    const { user, system } = process.cpuUsage();
    const started = performance.now();
    await made.prove({ kind: 'file', file, size: made.ciphertextBytes }, options);
    const used = process.cpuUsage({ user, system });
    process.stderr.write(`PROOF ${performance.now() - started} ${(used.user + used.system) / 1000}\n`);
  }
  made.forget();
  await file.close();
}

if (task === 'encrypt' || task === 'prove') await encrypt(await fileInput(from));
else if (task === 'pack') await encrypt({ kind: 'stream', stream: pack([from]).stream });
else {
  const file = await open(to, 'w+');
  await format.decrypt(
    await fileInput(from),
    { kind: 'file', file },
    [{ kind: 'age', identity: key }],
    options,
  );
  await file.close();
}
