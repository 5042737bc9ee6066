import type { ByteInput, FileInspection } from '../encryption-format.js';
import { damaged } from './age-faults.js';
import type { HeaderStanza } from './age-header.js';
import { type AgeSource, openAgeSource } from './age-source.js';
import { openedBytes, PAYLOAD_NONCE_BYTES } from './chunk.js';
import { MAX_WORK_FACTOR, readPassphraseStanza } from './passphrase-stanza.js';

/** Looks at a file as `EncryptionFormat.inspect` says. Of a stream only the header is read. */
export async function inspectAge(input: ByteInput): Promise<FileInspection> {
  const source = await openAgeSource(input);
  const { header, armored } = source;
  try {
    const length = await payloadLength(input, source);
    const plaintextBytes = length === null ? null : openedBytes(length - PAYLOAD_NONCE_BYTES);
    if (length !== null && plaintextBytes === null)
      throw damaged('it is cut off: no age file has this length');
    const known = header.stanzas.flatMap((stanza) => opener(stanza) ?? []);
    const unknown = header.stanzas.length - known.length;
    return {
      format: 'age',
      description: armored ? 'age v1, ASCII armor' : 'age v1',
      recipients: known,
      plaintextBytes,
      notes:
        unknown === 0
          ? []
          : [
              `${unknown} further ${unknown === 1 ? 'entry' : 'entries'} in the header of a kind that is not known here`,
            ],
    };
  } finally {
    await source.reader.close();
  }
}

/** Bytes behind the header; null where all of a stream would have to be read. */
async function payloadLength(
  input: ByteInput,
  { header, armored, reader }: AgeSource,
): Promise<number | null> {
  if (input.kind === 'stream') return null;
  if (!armored) return input.size - header.bytes.length;
  let length = 0;
  for await (const piece of reader) length += piece.length;
  return length;
}

/** What opens it, or null where the type is unknown: such entries may be there to mean nothing. */
function opener(stanza: HeaderStanza): string | null {
  const [first = ''] = stanza.args;
  switch (stanza.type) {
    case 'X25519':
      return 'an age X25519 identity';
    case 'mlkem768x25519':
      return 'an age post-quantum identity (ML-KEM-768 with X25519)';
    case 'scrypt':
      return passphraseOpener(stanza);
    case 'ssh-ed25519':
    case 'ssh-rsa':
      return `the private SSH key (${stanza.type}) with the age tag ${first.slice(0, 16)}`;
    case 'p256tag':
    case 'mlkem768p256tag':
    case 'piv-p256':
      return 'a hardware key';
    default:
      return null;
  }
}

function passphraseOpener(stanza: HeaderStanza): string {
  const factor = Number(stanza.args[1]);
  if (factor > MAX_WORK_FACTOR) return `a passphrase, with more work (2^${factor}) than is done here`;
  return `a passphrase (scrypt, work factor 2^${readPassphraseStanza(stanza).workFactor})`;
}
