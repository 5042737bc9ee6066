import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type Forge from 'node-forge';

const SALT_BYTES = 16;
const MAC_PURPOSE = 3;

/** Digest and block size in octets by dotted identifier. */
const HASHES: Readonly<Record<string, { name: string; digest: number; block: number }>> = {
  '1.3.14.3.2.26': { name: 'sha1', digest: 20, block: 64 },
  '2.16.840.1.101.3.4.2.1': { name: 'sha256', digest: 32, block: 64 },
  '2.16.840.1.101.3.4.2.2': { name: 'sha384', digest: 48, block: 128 },
  '2.16.840.1.101.3.4.2.3': { name: 'sha512', digest: 64, block: 128 },
};
const SHA256_ID = '2.16.840.1.101.3.4.2.1';

/**
 * Whether the MAC of a PKCS#12 file (RFC 7292, 5.1) is right for the passphrase.
 * @param pfx the whole file
 * @returns null where it has no MAC, or one of an unknown kind
 */
export function macFits(forge: typeof Forge, pfx: Forge.asn1.Asn1, passphrase: string): boolean | null {
  const [digestInfo, salt, iterations] = children(children(pfx)[2]);
  const [algorithm, expected] = children(digestInfo);
  const hash = HASHES[forge.asn1.derToOid(octets(children(algorithm)[0]).toString('binary')) ?? ''];
  const content = authenticatedSafe(pfx);
  if (hash === undefined || content === null || salt === undefined || expected === undefined) return null;
  const rounds = iterations === undefined ? 1 : Number.parseInt(octets(iterations).toString('hex'), 16);
  const mac = macOf(content, passphrase, octets(salt), rounds, hash);
  const given = octets(expected);
  return given.length === mac.length && timingSafeEqual(given, mac);
}

/** Adds MacData with HMAC-SHA-256 to a file that has none. */
export function addMac(
  forge: typeof Forge,
  pfx: Forge.asn1.Asn1,
  passphrase: string,
  iterations: number,
): void {
  const content = authenticatedSafe(pfx);
  const hash = HASHES[SHA256_ID];
  if (content === null || hash === undefined) throw new TypeError('A PKCS#12 file without content');
  const { asn1 } = forge;
  const { UNIVERSAL } = asn1.Class;
  const { SEQUENCE, OCTETSTRING, OID, NULL, INTEGER } = asn1.Type;
  const salt = randomBytes(SALT_BYTES);
  const mac = macOf(content, passphrase, salt, iterations, hash);
  const primitive = (type: Forge.asn1.Type, bytes: string) => asn1.create(UNIVERSAL, type, false, bytes);
  const sequence = (...parts: Forge.asn1.Asn1[]) => asn1.create(UNIVERSAL, SEQUENCE, true, parts);
  const algorithm = sequence(primitive(OID, asn1.oidToDer(SHA256_ID).getBytes()), primitive(NULL, ''));
  (pfx.value as Forge.asn1.Asn1[]).push(
    sequence(
      sequence(algorithm, primitive(OCTETSTRING, mac.toString('binary'))),
      primitive(OCTETSTRING, salt.toString('binary')),
      primitive(INTEGER, asn1.integerToDer(iterations).getBytes()),
    ),
  );
}

function macOf(
  content: Buffer,
  passphrase: string,
  salt: Buffer,
  iterations: number,
  hash: { name: string; digest: number; block: number },
): Buffer {
  const key = macKey(passphrase, salt, iterations, hash);
  const mac = createHmac(hash.name, key).update(content).digest();
  key.fill(0);
  return mac;
}

/** RFC 7292, appendix B.2, for the one digest that a MAC key takes. */
function macKey(
  passphrase: string,
  salt: Buffer,
  iterations: number,
  { name, block }: { name: string; block: number },
): Buffer {
  // BMPString with its terminator: UTF-16, big-endian.
  const text = Buffer.from(`${passphrase}\0`, 'utf16le').swap16();
  const input = Buffer.concat([
    Buffer.alloc(block, MAC_PURPOSE),
    repeated(salt, block),
    repeated(text, block),
  ]);
  let digest = createHash(name).update(input).digest();
  for (let round = 1; round < iterations; round += 1) digest = createHash(name).update(digest).digest();
  text.fill(0);
  input.fill(0);
  return digest;
}

/** Copies of the bytes until a whole number of blocks is full. */
function repeated(bytes: Buffer, block: number): Buffer {
  return Buffer.alloc(block * Math.ceil(bytes.length / block), bytes);
}

/** What the MAC is over: the octets inside authSafe, which some programs write in pieces. */
function authenticatedSafe(pfx: Forge.asn1.Asn1): Buffer | null {
  const content = children(children(children(pfx)[1])[1])[0];
  if (content === undefined) return null;
  return typeof content.value === 'string' ? octets(content) : Buffer.concat(content.value.map(octets));
}

function children(node: Forge.asn1.Asn1 | undefined): readonly Forge.asn1.Asn1[] {
  return node === undefined || typeof node.value === 'string' ? [] : node.value;
}

function octets(node: Forge.asn1.Asn1 | undefined): Buffer {
  return Buffer.from(typeof node?.value === 'string' ? node.value : '', 'binary');
}
