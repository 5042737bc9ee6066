import { createPublicKey, type KeyObject } from 'node:crypto';
import {
  certificateProblems,
  certificatesIn,
  isChain,
  makeSignerCertificate,
  readCertificate,
  readPkcs12,
  type SigningIdentity,
} from '../crypto/index.js';
import { badInput, refused } from '../model/index.js';
import type { Session } from '../session/index.js';
import type { SignerRecord } from '../store/index.js';
import { instant } from '../workspace/index.js';
import { readSigningKey, writeSigningKey } from './signing-key-file.js';

/** A certificate of destruction is asked for years later, and nobody renews the certificate of a closed workspace. */
const VALID_YEARS = 20;

/** The identity that signs certificates, with what its X.509 certificate says. */
export interface CertificateSigner extends SigningIdentity {
  record: SignerRecord;
  /** Common name; its subject where it has none. */
  name: string;
}

/**
 * The identity that signs certificates of destruction; the first use makes a self-signed one.
 *
 * @throws Fault `signing-key-lost`, `signing-certificate-unfit` (exit 4)
 */
export async function certificateSigner(session: Session): Promise<CertificateSigner> {
  const record = (await session.store.certificates.signers()).at(-1);
  if (record === undefined) return await makeCertificateSigner(session);
  const signer = signerOf(record, await readSigningKey(session.paths.keys));
  if (signer === null) {
    throw refused('signing-key-lost', 'The key that signs certificates is missing, or is another one', {
      hint: 'Restore keys/certificate.signing-key.json from a backup. If it is lost for good: quietus certificate identity create',
    });
  }
  const [problem] = certificateProblems(signer.certificate, 'signature', session.clock.now());
  if (problem !== undefined) {
    throw refused(
      'signing-certificate-unfit',
      `The X.509 certificate that signs certificates cannot be used: ${problem}`,
      {
        hint: 'Import a new one with: quietus certificate identity import FILE.p12; then run the same command again',
      },
    );
  }
  return signer;
}

/** Makes a new key with a self-signed certificate, which signs from now on. */
export async function makeCertificateSigner(session: Session): Promise<CertificateSigner> {
  const from = new Date(Math.floor(session.clock.now().getTime() / 1000) * 1000);
  const until = new Date(from);
  until.setUTCFullYear(from.getUTCFullYear() + VALID_YEARS);
  const { organization } = session.settings();
  const made = await makeSignerCertificate(
    { organization: organization.name, commonName: `${organization.name}, certificates of destruction` },
    { from, until },
  );
  return await adopt(session, { ...made, chain: [] }, 'self-signed');
}

/**
 * Takes over a key and certificate that the organization's certificate authority issued; they sign from now on.
 *
 * @param file PKCS#12
 * @throws Fault `pkcs12-unreadable`, `header-too-costly`, `passphrase-wrong`, `signing-certificate-unfit`,
 *   `certificate-chain-broken`
 */
export async function importCertificateSigner(
  session: Session,
  file: Uint8Array,
  passphrase: string,
): Promise<CertificateSigner> {
  const identity = await readPkcs12(file, passphrase);
  const [problem] = certificateProblems(identity.certificate, 'signature', session.clock.now());
  if (problem !== undefined) {
    throw badInput('signing-certificate-unfit', `The certificate in the file cannot sign: ${problem}`, {
      hint: `Ask the certificate authority for one ${remedyOf(problem)}`,
    });
  }
  if (!isChain([identity.certificate, ...identity.chain])) {
    throw badInput(
      'certificate-chain-broken',
      'The certificates in the file were not issued by one another',
      {
        hint: 'Ask for a PKCS#12 file with the whole chain of issuers',
      },
    );
  }
  return await adopt(session, identity, 'imported');
}

/** What another certificate must have, by what certificateProblems() says of this one. */
function remedyOf(problem: string): string {
  if (/^it (?:expired|is not valid)/.test(problem)) return 'that is valid today';
  if (problem.startsWith('its key usage')) return 'whose key usage allows digital signatures';
  return 'with an RSA key of 2048 bits or more, or with one on P-256, P-384 or P-521';
}

async function adopt(
  session: Session,
  identity: SigningIdentity,
  origin: SignerRecord['origin'],
): Promise<CertificateSigner> {
  const facts = readCertificate(identity.certificate);
  const operator = await session.operator();
  const known = (await session.store.certificates.signers()).at(-1);
  if (known?.fingerprint === facts.fingerprint) {
    await writeSigningKey(session.paths.keys, identity.privateKey);
    return { ...identity, record: known, name: facts.commonName ?? facts.subject };
  }
  const record = await session.store.transaction(async (transaction) => {
    const before = await transaction.certificates.signers();
    // Another process was faster: the first identity of a workspace is made once.
    const first = before[0];
    if (origin === 'self-signed' && known === undefined && first !== undefined) return null;
    await writeSigningKey(session.paths.keys, identity.privateKey);
    const entry = await session.recorder.append(transaction, {
      action: 'certificate.signer',
      outcome: 'done',
      data: { origin, certificate_sha256: facts.fingerprint, valid_until: facts.validUntil },
    });
    const made: SignerRecord = {
      fingerprint: facts.fingerprint,
      origin,
      certificates: [identity.certificate, ...identity.chain].join(''),
      recordedAt: instant(session.clock),
      recordedBy: operator.id,
      logSeq: entry.seq,
    };
    await transaction.certificates.insertSigner(made);
    return made;
  });
  if (record === null) return await certificateSigner(session);
  return { ...identity, record, name: facts.commonName ?? facts.subject };
}

/** @returns null where the key is not that of the certificate */
function signerOf(record: SignerRecord, key: KeyObject | undefined): CertificateSigner | null {
  const [certificate = '', ...chain] = pemBlocks(record.certificates);
  const facts = readCertificate(certificate);
  if (key === undefined || facts.fingerprint !== record.fingerprint) return null;
  const identity = { privateKey: key, certificate, chain };
  return belongs(identity) ? { ...identity, record, name: facts.commonName ?? facts.subject } : null;
}

function belongs({ privateKey, certificate }: SigningIdentity): boolean {
  const certified = createPublicKey(certificate);
  return certified.equals(createPublicKey(privateKey));
}

/** The certificates of a PEM text, one block each. */
export function pemBlocks(text: string): string[] {
  return certificatesIn(text).map(
    (der) =>
      `-----BEGIN CERTIFICATE-----\n${(der.toString('base64').match(/.{1,64}/g) ?? []).join('\n')}\n-----END CERTIFICATE-----\n`,
  );
}
