import { rawPieces } from '../byte-flow.js';
import { choosing } from '../chosen-output.js';
import { oid as objectIdentifier } from '../der-writing.js';
import type { ByteInput, EncryptionFormat, EncryptionKey, FileInspection } from '../encryption-format.js';
import { recipientsUnfit } from '../format-faults.js';
import { certificateProblems, type ParsedCertificate, parseCertificate } from '../x509/index.js';
import { bytesOf, decryptCms } from './cms-decryption.js';
import { encryptCms } from './cms-encryption.js';
import { Oid } from './identifiers.js';
import { CmsParser, wellFormed } from './parser.js';
import { isArmored } from './pem-armor.js';
import { PullReader } from './pull-reader.js';
import { describe, readRecipients } from './recipients.js';

/** CMS AuthEnvelopedData (RFC 5083) with AES-256-GCM (RFC 5084): for organizations with X.509 certificates. */
export const cmsFormat: EncryptionFormat = {
  id: 'cms',
  extension: '.p7m',
  recognizes: (start) => isArmored(start) || isContentInfo(Buffer.from(start.subarray(0, 64))),
  requireFit: (keys) => void certificatesOf(keys),
  encrypt: (input, output, keys, options = {}) => encryptCms(input, output, certificatesOf(keys), options),
  decrypt: choosing((input, output, keys, options = {}) => decryptCms(input, output, keys, options)),
  inspect,
};

function certificatesOf(keys: readonly EncryptionKey[]): ParsedCertificate[] {
  if (keys.length === 0)
    throw recipientsUnfit('A CMS file needs at least one certificate', 'Name a recipient');
  return keys.map((key) => {
    if (key.kind !== 'certificate')
      throw recipientsUnfit(
        'A CMS file is encrypted for certificates only',
        'Use the format age for other keys',
      );
    const [problem] = certificateProblems(key.pem, 'encryption', new Date());
    const certificate = parseCertificate(key.pem);
    if (problem !== undefined)
      throw recipientsUnfit(
        `The certificate with the fingerprint ${certificate.facts.fingerprint} cannot be encrypted for: ${problem}`,
        'Ask the recipient for another certificate',
      );
    return certificate;
  });
}

/** Whether the bytes begin a ContentInfo with encrypted data, authenticated or not. */
function isContentInfo(start: Buffer): boolean {
  const length = start[1] ?? 0;
  if (start[0] !== 0x30) return false;
  const type = start.subarray(2 + (length > 0x80 ? length & 0x7f : 0));
  return [Oid.authEnvelopedData, Oid.envelopedData].some((oid) => {
    const octets = objectIdentifier(oid);
    return type.subarray(0, octets.length).equals(octets);
  });
}

async function inspect(input: ByteInput): Promise<FileInspection> {
  let armor = false;
  const watched = async function* (): AsyncGenerator<Buffer, void> {
    let first = true;
    for await (const piece of rawPieces(input)) {
      if (first) armor = isArmored(piece);
      first = false;
      yield piece;
    }
  };
  const reader = new PullReader(bytesOf(watched()));
  try {
    const parser = new CmsParser(reader);
    const header = await parser.header();
    const recipients = await wellFormed(() => readRecipients(header.recipients).map(describe));
    let plaintextBytes = 0;
    for await (const part of parser.content()) plaintextBytes += part.length;
    await parser.tag();
    return {
      format: 'cms',
      description: `CMS AuthEnvelopedData, ${header.cipher.name.toUpperCase()}${armor ? ', PEM' : ''}`,
      recipients,
      plaintextBytes,
      notes: [],
    };
  } finally {
    await reader.close();
  }
}
