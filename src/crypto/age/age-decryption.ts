import { LaterOutput } from '../chosen-output.js';
import type {
  ByteInput,
  ByteOutput,
  CipherOptions,
  Decrypted,
  DecryptionKey,
  OutputChoice,
} from '../encryption-format.js';
import { damaged } from './age-faults.js';
import { openAgeSource } from './age-source.js';
import { PAYLOAD_NONCE_BYTES, payloadKey } from './chunk.js';
import { unwrapFileKey } from './file-key.js';
import { openPayload, openStart, type PayloadSource } from './payload.js';
import { withoutDigests } from './payload-keys.js';

/** Decrypts as `EncryptionFormat.decrypt` says. */
export async function decryptAge(
  input: ByteInput,
  output: ByteOutput | OutputChoice,
  keys: readonly DecryptionKey[],
  options: CipherOptions = {},
): Promise<Decrypted> {
  const { header, armored, reader } = await openAgeSource(input);
  let key: Uint8Array | null = null;
  try {
    const { fileKey, openedBy } = await unwrapFileKey(header, keys);
    const nonce = Buffer.alloc(PAYLOAD_NONCE_BYTES);
    if ((await reader.fill(nonce)) < nonce.length) throw damaged('it is cut off behind its header');
    key = payloadKey(fileKey, nonce);
    fileKey.fill(0);
    const start = header.bytes.length + nonce.length;
    const source: PayloadSource =
      input.kind === 'file' && !armored
        ? { fd: input.file.fd, position: start, length: input.size - start }
        : { reader };
    const place = typeof output === 'function' ? await chosen(output, key, source) : output;
    const target = place.kind === 'file' ? { fd: place.file.fd, position: 0 } : place;
    const { plaintextBytes } = await openPayload(withoutDigests(key), source, target, options);
    if (place instanceof LaterOutput) await place.end();
    return { plaintextBytes, openedBy, entryName: null };
  } finally {
    key?.fill(0);
    await reader.close();
  }
}

/** Of a file the first chunk is opened for it, so that threads can then write to the file that was chosen. */
async function chosen(choice: OutputChoice, key: Uint8Array, source: PayloadSource): Promise<ByteOutput> {
  return 'reader' in source ? new LaterOutput(choice) : await choice(openStart(key, source));
}
