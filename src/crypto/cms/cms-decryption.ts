import { createDecipheriv } from 'node:crypto';
import { ByteSink, rawPieces, type Source, sourceOf } from '../byte-flow.js';
import type { ByteInput, ByteOutput, CipherOptions, Decrypted, DecryptionKey } from '../encryption-format.js';
import { ciphertextDamaged, needsFile, noKeyFits, PIPE_BYTES } from '../format-faults.js';
import { PieceLedger } from '../piece-digest.js';
import { type CmsHeader, CmsParser, wellFormed } from './parser.js';
import { dearmored, isArmored } from './pem-armor.js';
import { PullReader, WHAT } from './pull-reader.js';
import { openContentKey, readRecipients } from './recipients.js';
import { TAG_BYTES } from './structure.js';

/**
 * GCM authenticates at its end. A file that is written is emptied again if that fails. A stream cannot be, so what goes
 * there is read twice: once to authenticate all of it, noting a digest of each part, and once to give out the parts
 * that are still the same.
 */
export async function decryptCms(
  input: ByteInput,
  output: ByteOutput,
  keys: readonly DecryptionKey[],
  options: CipherOptions,
): Promise<Decrypted> {
  if (output.kind === 'stream') {
    const source = await sourceOf(input, PIPE_BYTES, () => needsFile(WHAT));
    const ledger = new PieceLedger();
    const read = () => source.pieces(0, source.size, options.signal);
    await decryptPass(read(), keys, options, async (ciphertext) => ledger.record(ciphertext));
    return await release(read, output, keys, options, ledger);
  }
  try {
    const sink = new ByteSink(output);
    const result = await decryptPass(
      rawPieces(input, options.signal),
      keys,
      options,
      async (_, plaintext) => {
        await sink.write(plaintext);
      },
    );
    await sink.flush();
    return result;
  } catch (error) {
    await output.file.truncate(0);
    throw error;
  }
}

async function release(
  read: () => ReturnType<Source['pieces']>,
  output: ByteOutput,
  keys: readonly DecryptionKey[],
  options: CipherOptions,
  ledger: PieceLedger,
): Promise<Decrypted> {
  const sink = new ByteSink(output);
  const result = await decryptPass(read(), keys, options, async (ciphertext, plaintext) => {
    if (!ledger.isNext(ciphertext)) throw ciphertextDamaged(WHAT, 'it changed while it was read');
    await sink.write(plaintext);
  });
  await sink.flush();
  return result;
}

/** @param take gets each part, encrypted and decrypted; the first is overwritten afterwards */
async function decryptPass(
  pieces: AsyncIterable<Buffer>,
  keys: readonly DecryptionKey[],
  { onProgress }: CipherOptions,
  take: (ciphertext: Buffer, plaintext: Buffer) => Promise<void>,
): Promise<Decrypted> {
  const reader = new PullReader(bytesOf(pieces));
  try {
    const parser = new CmsParser(reader);
    const header = await parser.header();
    const { contentKey, index } = await openedKey(header, keys);
    const { cipher, nonce } = header;
    const decipher = createDecipheriv(cipher.name, contentKey, nonce, { authTagLength: TAG_BYTES });
    contentKey.fill(0);
    let plaintextBytes = 0;
    for await (const part of parser.content()) {
      const plaintext = decipher.update(part);
      plaintextBytes += plaintext.length;
      await take(part, plaintext);
      onProgress?.(plaintextBytes);
    }
    decipher.setAuthTag(await parser.tag());
    try {
      decipher.final();
    } catch (error) {
      throw ciphertextDamaged(WHAT, 'its authentication tag is not that of its content', error);
    }
    return { plaintextBytes, openedBy: index, entryName: null };
  } finally {
    await reader.close();
  }
}

async function openedKey(
  { recipients, cipher }: CmsHeader,
  keys: readonly DecryptionKey[],
): Promise<{ contentKey: Buffer; index: number }> {
  const infos = await wellFormed(() => readRecipients(recipients));
  const { opened, named } = await wellFormed(() => openContentKey(infos, keys, cipher.keyBytes));
  if (opened !== null) return opened;
  if (named)
    throw ciphertextDamaged(
      WHAT,
      'the key in it for the given certificate is not intact, or its private key is another',
    );
  const tried = keys.filter(({ kind }) => kind === 'certificate').length;
  throw noKeyFits(
    WHAT,
    tried === 0
      ? 'it needs the private key of a certificate'
      : `certificates tried: ${tried}, recipients in it: ${infos.length}`,
    '`inspect` says for which certificates it is encrypted; ask the sender to encrypt it for yours',
  );
}

/** Bytes of a file that may be armored. */
export async function* bytesOf(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  const iterator = pieces[Symbol.asyncIterator]();
  try {
    let start = Buffer.alloc(0);
    while (start.length < 40) {
      const { value, done } = await iterator.next();
      if (done === true) break;
      start = Buffer.concat([start, value]);
    }
    const all = (async function* (): AsyncGenerator<Buffer, void> {
      yield start;
      for (;;) {
        const { value, done } = await iterator.next();
        if (done === true) return;
        yield value;
      }
    })();
    yield* isArmored(start) ? dearmored(all) : all;
  } finally {
    await iterator.return?.();
  }
}
