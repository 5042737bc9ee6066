import type { ByteInput, ByteOutput, CipherOptions, Decrypted, DecryptionKey } from '../encryption-format.js';
import { damaged } from './age-faults.js';
import { openAgeSource } from './age-source.js';
import { PAYLOAD_NONCE_BYTES, payloadKey } from './chunk.js';
import { unwrapFileKey } from './file-key.js';
import { openPayload, type PayloadSource } from './payload.js';
import { withoutDigests } from './payload-keys.js';

/** Decrypts as `EncryptionFormat.decrypt` says. */
export async function decryptAge(
  input: ByteInput,
  output: ByteOutput,
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
    const target = output.kind === 'file' ? { fd: output.file.fd, position: 0 } : output;
    const { plaintextBytes } = await openPayload(withoutDigests(key), source, target, options);
    return { plaintextBytes, openedBy, entryName: null };
  } finally {
    key?.fill(0);
    await reader.close();
  }
}
