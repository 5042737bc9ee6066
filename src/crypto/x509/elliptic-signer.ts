import { createHash, generateKeyPair, type KeyObject, randomBytes, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { Tag } from '../der.js';
import { algorithm, context, element, integer, octets, oid, sequence, setOf, time } from '../der-writing.js';
import { certificatePem } from './certificate.js';

const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';
const UTF8_STRING = 0x0c;
/** keyUsage (RFC 5280, 4.2.1.3): digitalSignature and nonRepudiation, the two highest of eight bits. */
const SIGNING = Buffer.from([6, 0b1100_0000]);

/**
 * A P-256 key and a certificate for it that it signed itself (X.509 v3, RFC 5280; ECDSA with SHA-256, RFC 5758), for
 * signing documents and nothing else. It says nothing by itself of who holds the key: that takes a comparison of its
 * fingerprint.
 *
 * @param names one line each
 * @returns the certificate as PEM
 */
export async function makeSignerCertificate(
  names: { organization: string; commonName: string },
  validity: { from: Date; until: Date },
): Promise<{ privateKey: KeyObject; certificate: string }> {
  const { privateKey, publicKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'prime256v1' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const name = sequence(attribute('2.5.4.10', names.organization), attribute('2.5.4.3', names.commonName));
  const signature = algorithm(ECDSA_WITH_SHA256);
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  const tbs = sequence(
    context(0, integer(2)),
    integer(serial),
    signature,
    name,
    sequence(time(validity.from), time(validity.until)),
    name,
    spki,
    context(3, sequence(...extensions(spki))),
  );
  const signed = sign('sha256', tbs, privateKey);
  const der = sequence(tbs, signature, element(Tag.bitString, Buffer.from([0]), signed));
  return { privateKey, certificate: certificatePem(der) };
}

/** X.520 lets names of organizations and people have 64 characters. */
function attribute(type: string, value: string): Buffer {
  const text = Array.from(value).slice(0, 64).join('');
  return setOf(sequence(oid(type), element(UTF8_STRING, Buffer.from(text, 'utf8'))));
}

function extensions(spki: Buffer): Buffer[] {
  const critical = element(Tag.boolean, Buffer.from([0xff]));
  const keyId = createHash('sha256').update(spki).digest().subarray(0, 20);
  return [
    sequence(oid('2.5.29.19'), critical, octets(sequence())),
    sequence(oid('2.5.29.15'), critical, octets(element(Tag.bitString, SIGNING))),
    sequence(oid('2.5.29.14'), octets(octets(keyId))),
  ];
}
