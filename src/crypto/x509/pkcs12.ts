import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import type Forge from 'node-forge';
import { badInput, type Fault, refused } from '../../model/index.js';
import { passphraseAdvice } from '../passphrase-advice.js';
import { certificatePem, parseCertificate } from './certificate.js';
import { addMac, macFits } from './pkcs12-mac.js';

/** A private key with its certificate and those that issued it, PEM. */
export interface KeyWithCertificates {
  privateKey: KeyObject;
  certificate: string;
  /** The other certificates of the file: the issuers, nearest first, as far as they are there. */
  chain: readonly string[];
}

const MAX_FILE_BYTES = 1024 * 1024;
/** OpenSSL writes 2,048, careful programs some hundred thousand. */
const MAX_ITERATIONS = 2_000_000;
/** Rounds for each guess at the passphrase of a file that is made here: OWASP's for PBKDF2 with SHA-256, 2023. */
const ITERATIONS = 600_000;

/**
 * Reads a PKCS#12 file (RFC 7292) with one private key, RSA or EC, and the certificate that belongs to it.
 *
 * @param file BER or DER
 * @throws Fault `pkcs12-unreadable` (exit 2), `header-too-costly` (exit 2), `passphrase-wrong` (exit 4)
 */
export async function readPkcs12(file: Uint8Array, passphrase: string): Promise<KeyWithCertificates> {
  if (file.length > MAX_FILE_BYTES) throw unreadable('it is larger than 1 MiB');
  const { default: forge } = await import('node-forge');
  const keys: KeyObject[] = [];
  const certificates: Buffer[] = [];
  for (const bag of bagsIn(forge, file, passphrase)) {
    if (bag.type === forge.pki.oids.certBag) certificates.push(certificateDer(forge, bag));
    else if (KEY_BAGS.some((name) => forge.pki.oids[name] === bag.type)) keys.push(keyIn(forge, bag));
  }
  const [privateKey] = keys;
  if (privateKey === undefined || keys.length > 1)
    throw unreadable(`it holds ${keys.length} private keys where one is expected`);
  return { privateKey, ...inOrder(privateKey, certificates) };
}

/**
 * Writes a PKCS#12 file: key under PBES2 (PBKDF2 with HMAC-SHA-256, AES-256-CBC), certificates in the clear, all
 * under a MAC. `openssl pkcs12`, Windows, macOS and PDF programs read it.
 *
 * @param identity with an RSA key
 * @param iterations for each guess at the passphrase; 1 is enough where the passphrase is random and never stored
 * @returns DER
 */
export async function makePkcs12(
  identity: KeyWithCertificates,
  passphrase: string,
  iterations: number = ITERATIONS,
): Promise<Buffer> {
  const { default: forge } = await import('node-forge');
  const pkcs1 = identity.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
  const key = forge.pki.privateKeyFromPem(pkcs1);
  const certificates = [identity.certificate, ...identity.chain].map((pem) =>
    forge.pki.certificateFromPem(pem),
  );
  const cost = { algorithm: 'aes256', prfAlgorithm: 'sha256', count: iterations, saltSize: 16 } as const;
  const utf8 = forge.util.encodeUtf8(passphrase);
  const pfx = forge.pkcs12.toPkcs12Asn1(key, certificates, utf8, { ...cost, useMac: false });
  addMac(forge, pfx, passphrase, iterations);
  return bytesOf(forge, pfx);
}

const KEY_BAGS = ['keyBag', 'pkcs8ShroudedKeyBag'];

function bagsIn(forge: typeof Forge, file: Uint8Array, passphrase: string): Forge.pkcs12.Bag[] {
  let parsed: Forge.asn1.Asn1;
  try {
    parsed = forge.asn1.fromDer(forge.util.createBuffer(Buffer.from(file).toString('binary')));
  } catch (error) {
    throw unreadable('it is no PKCS#12 file', error);
  }
  requireModestCost(forge, parsed, 0);
  const fits = macFits(forge, parsed, passphrase);
  if (fits === null) throw unreadable('it has no MAC of a kind that this program knows');
  if (!fits)
    throw refused('passphrase-wrong', 'The passphrase does not open the PKCS#12 file', {
      hint: passphraseAdvice(passphrase, 'Try again; if it is certainly right, the file was changed'),
    });
  (parsed.value as Forge.asn1.Asn1[]).pop();
  // node-forge gives PBES2 the low octets of the passphrase, where everybody else takes UTF-8.
  const spellings = new Set([passphrase, forge.util.encodeUtf8(passphrase)]);
  let failure: unknown;
  for (const spelling of spellings) {
    try {
      const { safeContents } = forge.pkcs12.pkcs12FromAsn1(parsed, false, spelling);
      return safeContents.flatMap(({ safeBags }) => safeBags);
    } catch (error) {
      failure = error;
    }
  }
  throw unreadable('its structure is not one that this program knows', failure);
}

/**
 * Salt and iteration count stand side by side wherever PKCS#12 derives a key (PBEParameter, PBKDF2-params, MacData),
 * so the costs can be judged before anything is derived.
 *
 * @throws Fault `header-too-costly`
 */
function requireModestCost(forge: typeof Forge, node: Forge.asn1.Asn1, depth: number): void {
  const { OCTETSTRING, INTEGER } = forge.asn1.Type;
  if (typeof node.value === 'string') {
    const nested = node.type === OCTETSTRING && depth < 40 ? parsedOrNull(forge, node.value) : null;
    if (nested !== null) requireModestCost(forge, nested, depth + 1);
    return;
  }
  for (const [index, child] of node.value.entries()) {
    const before = node.value[index - 1];
    if (child.type === INTEGER && typeof child.value === 'string' && before?.type === OCTETSTRING) {
      if (Number.parseInt(Buffer.from(child.value, 'binary').toString('hex'), 16) > MAX_ITERATIONS)
        throw badInput('header-too-costly', 'The PKCS#12 file asks for more work than this program does', {
          hint: `Ask for a file with at most ${MAX_ITERATIONS} iterations`,
        });
    }
    requireModestCost(forge, child, depth + 1);
  }
}

function parsedOrNull(forge: typeof Forge, bytes: string): Forge.asn1.Asn1 | null {
  try {
    return forge.asn1.fromDer(bytes);
  } catch {
    return null;
  }
}

/** node-forge parses certificates with RSA keys and leaves the others as they are; those it parsed come out as they went in. */
function certificateDer(forge: typeof Forge, bag: Forge.pkcs12.Bag): Buffer {
  return bytesOf(forge, bag.cert ? forge.pki.certificateToAsn1(bag.cert) : bag.asn1);
}

function keyIn(forge: typeof Forge, bag: Forge.pkcs12.Bag): KeyObject {
  const info = bag.key ? forge.pki.wrapRsaPrivateKey(forge.pki.privateKeyToAsn1(bag.key)) : bag.asn1;
  const der = bytesOf(forge, info);
  try {
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  } catch (error) {
    throw unreadable('its private key is of an unknown type', error);
  } finally {
    der.fill(0);
  }
}

function bytesOf(forge: typeof Forge, node: Forge.asn1.Asn1): Buffer {
  return Buffer.from(forge.asn1.toDer(node).getBytes(), 'binary');
}

/** The key's own certificate, and the others so that each is followed by its issuer. */
function inOrder(
  privateKey: KeyObject,
  ders: readonly Buffer[],
): Pick<KeyWithCertificates, 'certificate' | 'chain'> {
  const publicKey = createPublicKey(privateKey);
  const rest = ders.map((der) => ({ der, ...parseCertificate(der) }));
  const own = rest.findIndex((candidate) => candidate.publicKey.equals(publicKey));
  if (own < 0) throw unreadable('it holds no certificate of its private key');
  const ordered = rest.splice(own, 1);
  for (let last = ordered[0]; last !== undefined; last = ordered.at(-1)) {
    const { x509 } = last;
    const issuer = rest.findIndex((candidate) => x509.checkIssued(candidate.x509));
    if (issuer < 0) break;
    ordered.push(...rest.splice(issuer, 1));
  }
  const [certificate = '', ...chain] = ordered.map(({ der }) => certificatePem(der));
  return { certificate, chain };
}

function unreadable(why: string, cause?: unknown): Fault {
  return badInput('pkcs12-unreadable', `The PKCS#12 file cannot be read: ${why}`, {
    cause,
    hint: '`openssl pkcs12 -info -noout -in FILE` says what is in it',
  });
}
