import { rm } from 'node:fs/promises';
import {
  ageFingerprint,
  ageRecipientOf,
  createAgeIdentity,
  makeSelfSigned,
  readCertificate,
  sealSecret,
} from '../crypto/index.js';
import { badInput, type Identity, type IdentityKind } from '../model/index.js';
import { type OperatorDesk, requirePassphraseLength } from '../operators/index.js';
import type { StoreTransaction } from '../store/index.js';
import { instant, writeFileAtomically } from '../workspace/index.js';
import { IDENTITY_KIND, identityFile, ownIdentityFolder } from './identity-files.js';

/** Days for which the certificate of a new X.509 identity is valid. */
const CERTIFICATE_DAYS = 1095;
const DAY_MS = 24 * 60 * 60 * 1000;

const HANDLE = /^[a-z0-9][a-z0-9._-]{1,31}$/;

/** Looks whether a new identity may have the name. @throws Fault `identity-name-invalid`, `identity-exists` */
export async function requireNewName(desk: OperatorDesk, name: string): Promise<void> {
  if (HANDLE.test(name)) {
    if (await desk.store.identities.get(name)) throw identityExists(name);
    return;
  }
  throw badInput(
    'identity-name-invalid',
    'The name of an identity has 2 to 32 characters: a-z, 0-9, dot, underscore, hyphen',
    {
      hint: 'It goes into the log: use the name of an office or a purpose, such as records or recovery-2026',
    },
  );
}

export interface IdentityRequest {
  name: string;
  kind: IdentityKind;
  /** Protects the key file; at least 12 characters. */
  passphrase: string;
  /** Validity of the certificate, for `x509`. */
  days?: number;
}

/**
 * Makes a key that opens what is encrypted for it and, for `x509`, signs. The secret part is sealed in a file of this
 * account (0600); the public part is in the register.
 *
 * @param also what changes together with it
 * @throws Fault `identity-name-invalid`, `identity-exists`, `passphrase-short` (exit 2), `permissions-too-wide` (exit 4)
 */
export async function createIdentity(
  desk: OperatorDesk,
  request: IdentityRequest,
  also?: (transaction: StoreTransaction, identity: Identity) => Promise<void>,
): Promise<Identity> {
  const { name } = request;
  await requireNewName(desk, name);
  requirePassphraseLength(request.passphrase);
  const operator = await desk.operator();
  const folder = await ownIdentityFolder(desk);
  const made = await makeKey(desk, request);
  const sealed = await sealSecret(
    IDENTITY_KIND,
    made.secret,
    Buffer.from(made.publicKey),
    request.passphrase,
  );
  const identity: Identity = {
    name,
    kind: request.kind,
    owner: operator.id,
    publicKey: made.publicKey,
    fingerprint: made.fingerprint,
    createdAt: instant(desk.clock),
    retiredAt: null,
    retiredBy: null,
    replacedBy: null,
  };
  const file = identityFile(folder, name);
  await writeFileAtomically(file, sealed, { exclusive: true });
  try {
    await desk.store.transaction(async (transaction) => {
      if (await transaction.identities.get(name)) throw identityExists(name);
      await transaction.identities.insert(identity);
      await desk.recorder.append(transaction, {
        action: 'identity.create',
        outcome: 'done',
        subject: { identity: name },
        data: { kind: identity.kind, fingerprint: identity.fingerprint },
      });
      await also?.(transaction, identity);
    });
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  }
  return identity;
}

async function makeKey(
  desk: OperatorDesk,
  { kind, name, days }: IdentityRequest,
): Promise<{ secret: Buffer; publicKey: string; fingerprint: string }> {
  if (kind !== 'x509') {
    const identity = await createAgeIdentity(kind === 'age-pq' ? 'mlkem768x25519' : 'x25519');
    const recipient = await ageRecipientOf(identity);
    return { secret: Buffer.from(identity), publicKey: recipient, fingerprint: ageFingerprint(recipient) };
  }
  const validFrom = new Date(Math.floor(desk.clock.now().getTime() / 1000) * 1000);
  const { certificate, privateKey } = await makeSelfSigned({
    commonName: name,
    organization: desk.settings().organization.name,
    validFrom,
    validUntil: new Date(validFrom.getTime() + (days ?? CERTIFICATE_DAYS) * DAY_MS),
    purposes: ['encryption', 'signature'],
  });
  return {
    secret: privateKey.export({ type: 'pkcs8', format: 'der' }),
    publicKey: certificate,
    fingerprint: readCertificate(certificate).fingerprint,
  };
}

function identityExists(name: string): Error {
  return badInput('identity-exists', `There is or was an identity ${name}; names are never used again`, {
    hint: 'Choose another name; see: quietus identity list --all',
  });
}

/** @throws Fault `identity-unknown` */
export async function requireIdentity(desk: OperatorDesk, name: string): Promise<Identity> {
  const identity = await desk.store.identities.get(name);
  if (identity !== undefined) return identity;
  throw badInput(
    'identity-unknown',
    `There is no identity${HANDLE.test(name) ? ` ${name}` : ' of that name'}`,
    {
      hint: 'See: quietus identity list --all; make one with: quietus identity create NAME',
    },
  );
}

/**
 * Takes an identity out of use: it is not offered to others any more. It still opens what was encrypted for it.
 *
 * @throws Fault `identity-unknown`, `identity-retired`
 */
export async function retireIdentity(desk: OperatorDesk, name: string): Promise<Identity> {
  await requireIdentity(desk, name);
  return await desk.store.transaction((transaction) => retireWithin(desk, transaction, name, null));
}

/** The same in a transaction that changes more. */
export async function retireWithin(
  desk: OperatorDesk,
  transaction: StoreTransaction,
  name: string,
  replacedBy: string | null,
): Promise<Identity> {
  const by = (await desk.operator()).id;
  const at = instant(desk.clock);
  const retired = await transaction.identities.retire(name, { at, by, replacedBy });
  const identity = await transaction.identities.get(name);
  if (!retired || identity === undefined) {
    throw badInput('identity-retired', `The identity ${name} is retired already`, {
      hint: `See: quietus identity show ${name}`,
    });
  }
  await desk.recorder.append(transaction, {
    action: 'identity.retire',
    outcome: 'done',
    subject: { identity: name },
    data: { fingerprint: identity.fingerprint, replaced_by: replacedBy },
  });
  return identity;
}
