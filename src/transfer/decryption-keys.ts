import { createPrivateKey } from 'node:crypto';
import { statSync } from 'node:fs';
import { type DecryptionKey, readAgeIdentities, readPkcs12 } from '../crypto/index.js';
import { unlockIdentity } from '../identities/index.js';
import { badInput, Fault, type Identity, refused } from '../model/index.js';
import { openEscrow } from '../recipients/index.js';
import type { Session } from '../session/index.js';
import { readAtMost, requirePrivate } from '../workspace/index.js';
import { spellings } from './passphrase.js';
import { inWords, type WantedKey } from './wanted-key.js';

/** Where the key comes from, as a person chose it. */
export interface KeyChoice {
  /** Files with keys: age identities, PKCS#12, or PEM with a private key and its certificate. */
  identityFiles: readonly string[];
  /** Name of an identity of the workspace. */
  identity: string | null;
  /** Take the passphrase that the workspace keeps for its recovery recipient. */
  escrow: boolean;
  /** Asks for a passphrase; called only where one is needed. */
  ask: (what: string) => Promise<string>;
  /** Opens the workspace; called only where its identities are needed. */
  session: () => Promise<Session>;
}

/** Keys to try, and what people call them. */
export interface TriedKeys {
  keys: DecryptionKey[];
  names: string[];
  /** Names of further identities of the same kind, which were not tried. */
  untried: readonly string[];
}

const LARGEST_KEY_FILE = 1024 * 1024;

/**
 * The keys for a file.
 *
 * @param wanted what opens it, as the file itself says
 * @param digest computes SHA-256 of the file, for escrow
 * @throws Fault `identity-none`, `identity-unfit`, `identity-ambiguous`, `identity-file-unreadable` (exit 2), `escrow-none`,
 *   `escrow-locked` (exit 4), and as `unlockIdentity`
 */
export async function decryptionKeys(
  wanted: WantedKey,
  choice: KeyChoice,
  digest: () => Promise<string>,
): Promise<TriedKeys> {
  if (choice.escrow) return await escrowKeys(choice, await digest());
  if (wanted.byPassphrase) {
    const passphrase = await choice.ask('Passphrase of the file');
    const keys = spellings(passphrase).map(
      (each): DecryptionKey => ({ kind: 'passphrase', passphrase: each }),
    );
    return { keys, names: keys.map(() => 'the passphrase'), untried: [] };
  }
  if (choice.identityFiles.length > 0) return await fileKeys(choice);
  const session = await choice.session();
  const { identity, untried } = await chosenIdentity(session, wanted, choice.identity);
  const key = await unlockIdentity(session, identity, () =>
    choice.ask(`Passphrase of the identity ${identity.name}`),
  );
  return { keys: [key], names: [`the identity ${identity.name}`], untried };
}

async function chosenIdentity(
  session: Session,
  { kinds }: WantedKey,
  name: string | null,
): Promise<{ identity: Identity; untried: string[] }> {
  const operator = await session.operator();
  const own = (await session.store.identities.list()).filter(({ owner }) => owner === operator.id);
  const all = own.filter(({ kind }) => kinds.includes(kind));
  const choice = (identity: Identity) => ({
    identity,
    untried: all.filter((each) => each !== identity).map((each) => each.name),
  });
  if (name !== null) {
    const named = all.find((each) => each.name === name);
    if (named === undefined) throw unfit(own, all, kinds, name);
    return choice(named);
  }
  const [only, ...others] = await likely(session, all);
  if (only === undefined) {
    throw badInput(
      'identity-none',
      `You have no identity that could open this file: it wants ${inWords(kinds)}`,
      {
        hint: 'Give a key file with --identity FILE; or make an identity and ask the sender to encrypt for it: quietus identity create NAME',
      },
    );
  }
  if (others.length === 0) return choice(only);
  throw badInput(
    'identity-ambiguous',
    `Several of your identities could open this file: it wants ${inWords(kinds)}`,
    {
      hint: `Say which with --as NAME: ${namesOf([only, ...others])}`,
      details: { identities: [only, ...others].map((each) => each.name) },
    },
  );
}

/** Those in use where there are any; and of these not the key of last resort, where others are there. */
async function likely(session: Session, all: readonly Identity[]): Promise<readonly Identity[]> {
  const active = all.filter(({ retiredAt }) => retiredAt === null);
  const recovery = (await session.store.recipients.recovery()).map(({ fingerprint }) => fingerprint);
  const usual = active.filter(({ fingerprint }) => !recovery.includes(fingerprint));
  return [usual, active].find((each) => each.length > 0) ?? all;
}

/** @param name what was typed, which is told only where an identity has it */
function unfit(
  own: readonly Identity[],
  all: readonly Identity[],
  kinds: WantedKey['kinds'],
  name: string,
): Error {
  const known = own.some((each) => each.name === name);
  return badInput(
    'identity-unfit',
    known
      ? `The identity ${name} cannot open this file: it wants ${inWords(kinds)}`
      : 'You have no identity of that name',
    {
      hint: all.length > 0 ? `These could: ${namesOf(all)}` : 'See: quietus identity list --all',
    },
  );
}

function namesOf(identities: readonly Identity[]): string {
  return identities.map(({ name }) => name).join(', ');
}

async function fileKeys({ identityFiles, ask }: KeyChoice): Promise<TriedKeys> {
  const tried: TriedKeys = { keys: [], names: [], untried: [] };
  for (const [index, path] of identityFiles.entries()) {
    for (const key of await keysOfFile(path, ask)) {
      tried.keys.push(key);
      tried.names.push(`key ${index + 1} of --identity`);
    }
  }
  return tried;
}

async function keysOfFile(path: string, ask: KeyChoice['ask']): Promise<DecryptionKey[]> {
  const bytes = readKeyFile(path);
  const text = bytes.toString('latin1');
  if (bytes[0] === 0x30) {
    const { privateKey, certificate } = await readPkcs12(bytes, await ask('Passphrase of the PKCS#12 file'));
    return [{ kind: 'certificate', pem: certificate, privateKey }];
  }
  if (text.includes('-----BEGIN CERTIFICATE-----')) return [pemKey(text)];
  return (await readAgeIdentities(text)).map(({ identity }) => ({ kind: 'age', identity }));
}

function pemKey(text: string): DecryptionKey {
  const [certificate] = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.exec(text) ?? [];
  const [key] = /-----BEGIN ([A-Z ]*)PRIVATE KEY-----[^-]+-----END \1PRIVATE KEY-----/.exec(text) ?? [];
  if (certificate === undefined || key === undefined || key.includes('ENCRYPTED')) {
    throw badInput(
      'identity-file-invalid',
      'The file does not hold a certificate and its private key in the clear',
      {
        hint: 'Put both into one PKCS#12 file: openssl pkcs12 -export -in certificate.pem -inkey key.pem -out key.p12',
      },
    );
  }
  try {
    return { kind: 'certificate', pem: `${certificate}\n`, privateKey: createPrivateKey(key) };
  } catch (error) {
    throw badInput('identity-file-invalid', 'The private key in the file cannot be read', {
      cause: error,
      hint: 'It is expected as PEM, such as openssl writes it',
    });
  }
}

function readKeyFile(path: string): Buffer {
  try {
    if (statSync(path).isFile()) requirePrivate(path, 'the key file');
    const bytes = readAtMost(path, LARGEST_KEY_FILE);
    if (bytes.length <= LARGEST_KEY_FILE) return bytes;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined || (error as { exitCode?: number }).exitCode)
      throw error;
    throw badInput('identity-file-unreadable', 'The file of --identity cannot be read', {
      cause: error,
      hint: 'Check the path and that your account may read it',
    });
  }
  throw badInput('identity-file-unreadable', 'The file of --identity is larger than 1 MiB', {
    hint: 'Give a file that holds keys and nothing else',
  });
}

async function escrowKeys(choice: KeyChoice, digest: string): Promise<TriedKeys> {
  const session = await choice.session();
  const transfer = await session.store.transfers.ofDigest(digest);
  if (transfer === undefined || transfer.escrow === null || transfer.escrowRecipient === null) {
    throw refused('escrow-none', 'The workspace keeps no passphrase of this file', {
      hint: 'It keeps one for each file that was encrypted here with a passphrase while there was a recovery recipient',
    });
  }
  const recipient = await session.store.recipients.get(transfer.escrowRecipient);
  const fingerprint = recipient?.fingerprint;
  const identity = (await session.store.identities.list()).find((each) => each.fingerprint === fingerprint);
  let key: DecryptionKey | undefined;
  if (choice.identityFiles.length > 0) [key] = (await fileKeys(choice)).keys;
  else if (identity !== undefined)
    key = await unlockIdentity(session, identity, () =>
      choice.ask(`Passphrase of the identity ${identity.name}`),
    );
  if (key === undefined) {
    throw refused('escrow-locked', `The passphrase of ${transfer.id} is kept for ${recipient?.name}`, {
      hint: 'Give the key file of this recovery recipient with --identity FILE',
    });
  }
  const passphrase = await keptPassphrase(transfer.escrow, key, recipient?.name ?? '');
  await session.store.transaction(async (transaction) => {
    await session.recorder.append(transaction, {
      action: 'transfer.escrow',
      outcome: 'done',
      subject: { transfer: transfer.id },
      data: { recovery: recipient?.name ?? null },
    });
  });
  return {
    keys: [{ kind: 'passphrase', passphrase }],
    names: [`the passphrase kept for ${recipient?.name}`],
    untried: [],
  };
}

async function keptPassphrase(escrow: string, key: DecryptionKey, recipient: string): Promise<string> {
  try {
    return await openEscrow(escrow, key);
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'no-key-fits') throw error;
    throw refused('escrow-locked', `The key does not open the passphrase that is kept for ${recipient}`, {
      cause: error,
      hint: `Give the key file of this recovery recipient with --identity FILE; see: quietus recipient show ${recipient}`,
    });
  }
}
