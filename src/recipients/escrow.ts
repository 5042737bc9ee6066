import type { ByteInput, DecryptionKey, EncryptionKey } from '../crypto/index.js';
import { formatOf } from '../crypto/index.js';
import type { Recipient } from '../model/index.js';

/** The key of a registered recipient as the formats take it. */
export function encryptionKeyOf({ kind, publicKey }: Recipient): EncryptionKey {
  if (publicKey === null || kind === 'passphrase') throw new Error('a recipient without a key');
  return kind === 'age' ? { kind: 'age', recipient: publicKey } : { kind: 'certificate', pem: publicKey };
}

/** Encrypts a passphrase for the recovery recipient. @returns text: age or CMS, armored */
export async function escrowOf(passphrase: string, recipient: Recipient): Promise<string> {
  const format = await formatOf(recipient.kind === 'certificate' ? 'cms' : 'age');
  const parts: Buffer[] = [];
  const encrypted = await format.encrypt(
    bytesInput(Buffer.from(passphrase)),
    { kind: 'stream', write: async (bytes) => void parts.push(Buffer.from(bytes)) },
    [encryptionKeyOf(recipient)],
    { armor: true, threads: 0 },
  );
  encrypted.forget();
  return Buffer.concat(parts).toString('latin1');
}

/** @returns the passphrase @throws Fault as decrypting */
export async function openEscrow(escrow: string, key: DecryptionKey): Promise<string> {
  const format = await formatOf(key.kind === 'certificate' ? 'cms' : 'age');
  const parts: Buffer[] = [];
  await format.decrypt(
    bytesInput(Buffer.from(escrow, 'latin1')),
    { kind: 'stream', write: async (bytes) => void parts.push(Buffer.from(bytes)) },
    [key],
    { threads: 0 },
  );
  return Buffer.concat(parts).toString();
}

function bytesInput(bytes: Buffer): ByteInput {
  return {
    kind: 'stream',
    stream: (async function* () {
      yield bytes;
    })(),
  };
}
