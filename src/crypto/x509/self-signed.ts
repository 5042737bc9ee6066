import { createPublicKey, generateKeyPair, type KeyObject, randomBytes, sign } from 'node:crypto';
import { promisify } from 'node:util';
import type Forge from 'node-forge';

export interface SelfSignedOptions {
  /** A person's or an office's name. */
  commonName: string;
  organization?: string;
  email?: string;
  /** Begin of its validity; to the second. */
  validFrom: Date;
  validUntil: Date;
  /** What the certificate is for; it allows nothing else. */
  purposes: readonly ('encryption' | 'signature')[];
}

/** NIST SP 800-57 Part 1 Rev. 5: 128 bits of strength, beyond 2030. */
const RSA_BITS = 3072;

/**
 * An RSA key and a certificate for it that it signed itself (X.509 v3, RFC 5280; SHA-256 with RSA). It says nothing
 * by itself of who holds the key: that takes a comparison of its fingerprint.
 *
 * @returns the certificate as PEM
 */
export async function makeSelfSigned(
  options: SelfSignedOptions,
): Promise<{ privateKey: KeyObject; certificate: string }> {
  const { default: forge } = await import('node-forge');
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: RSA_BITS });
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString();
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(spki);
  certificate.serialNumber = serialNumber();
  certificate.validity.notBefore = options.validFrom;
  certificate.validity.notAfter = options.validUntil;
  const name = nameOf(options);
  certificate.setSubject(name);
  certificate.setIssuer(name);
  certificate.setExtensions(extensionsFor(options));
  const algorithm = forge.pki.oids.sha256WithRSAEncryption ?? '';
  certificate.signatureOid = algorithm;
  certificate.siginfo.algorithmOid = algorithm;
  // node:crypto signs: node-forge's arithmetic is slow and its time depends on the key.
  const pki = forge.pki as typeof forge.pki & {
    getTBSCertificate(from: typeof certificate): Forge.asn1.Asn1;
  };
  const tbs = pki.getTBSCertificate(certificate);
  const signed = Buffer.from(forge.asn1.toDer(tbs).getBytes(), 'binary');
  const whole = certificate as typeof certificate & { tbsCertificate: typeof tbs };
  whole.tbsCertificate = tbs;
  whole.signature = sign('sha256', signed, privateKey).toString('binary');
  return { privateKey, certificate: forge.pki.certificateToPem(whole).replaceAll('\r', '') };
}

/** 127 random bits, positive and of full length in DER. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString('hex');
}

function nameOf({ commonName, organization, email }: SelfSignedOptions) {
  return [
    ...(organization === undefined ? [] : [{ name: 'organizationName', value: organization, ...UTF8 }]),
    { name: 'commonName', value: commonName, ...UTF8 },
    ...(email === undefined ? [] : [{ name: 'emailAddress', value: email, ...IA5 }]),
  ];
}

/** ASN.1 string types, by numbers that node-forge takes though its declarations do not say so. */
const UTF8 = { valueTagClass: 12 } as object;
const IA5 = { valueTagClass: 22 } as object;

function extensionsFor({ purposes }: SelfSignedOptions) {
  const signature = purposes.includes('signature');
  return [
    { name: 'basicConstraints', cA: false, critical: true },
    {
      name: 'keyUsage',
      critical: true,
      digitalSignature: signature,
      nonRepudiation: signature,
      keyEncipherment: purposes.includes('encryption'),
    },
    { name: 'subjectKeyIdentifier' },
  ];
}
