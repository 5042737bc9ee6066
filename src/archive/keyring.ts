import { existsSync, readdirSync } from 'node:fs';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import {
  ageRecipientOf,
  createAgeIdentity,
  type DecryptionKey,
  type EncryptionKey,
  parseAgeRecipient,
  readAgeIdentities,
} from '../crypto/index.js';
import { badInput, refused, verificationFailed } from '../model/index.js';
import { requirePrivate, syncFolder, writeFileAtomically } from '../workspace/index.js';
import { LONGEST_SEALED, seal, unseal } from './sealed-text.js';

const FORMAT = 'quietus-archive-keys/1';
const GENERATION = /^g-(\d{6})$/;
const TEMPORARY = /^\.g-\d{6}\.tmp$/;

/** What opens the workspace's archive key: a passphrase, or identities that are kept elsewhere. */
export type KeyOpener = { kind: 'passphrase' } | { kind: 'recipients'; recipients: readonly string[] };

interface KeyringFile {
  format: typeof FORMAT;
  generation: number;
  /** Public half of the workspace's archive key. */
  recipient: string;
  opened_by: 'passphrase' | readonly string[];
}

/**
 * The keys of archives: a folder for each generation of the workspace's archive key, which holds that key, encrypted
 * to a passphrase or to identities kept elsewhere, and the key of each item, encrypted to that key. To add an item needs
 * no secret. All files are age files, and none of them is ever in the database, which is copied before it changes.
 *
 * Destroying a key makes a new generation without it, under a new archive key, and destroys the old folder.
 */
export class Keyring {
  private constructor(
    readonly folder: string,
    private readonly file: KeyringFile,
  ) {}

  get generation(): number {
    return this.file.generation;
  }

  get recipient(): string {
    return this.file.recipient;
  }

  get opener(): KeyOpener {
    const { opened_by: by } = this.file;
    return by === 'passphrase' ? { kind: 'passphrase' } : { kind: 'recipients', recipients: by };
  }

  /**
   * The newest generation.
   * @param root the folder of all generations
   * @returns undefined where there is none
   * @throws Fault `keyring-damaged` (exit 5), `permissions-too-wide`, `file-of-another` (exit 4)
   */
  static async latest(root: string): Promise<Keyring | undefined> {
    const newest = generations(root).at(-1);
    return newest === undefined ? undefined : await Keyring.named(root, newest);
  }

  /** One generation by the name of its folder. @throws as {@link Keyring.latest} */
  static async named(root: string, name: string): Promise<Keyring> {
    const folder = join(root, name);
    requirePrivate(folder, 'the folder of archive keys');
    return new Keyring(folder, await readKeyringFile(folder, Number(GENERATION.exec(name)?.[1])));
  }

  /** Makes a folder of keys; it appears whole or not at all. @returns it, and the new archive key */
  static async make(
    root: string,
    request: {
      generation: number;
      opener: KeyOpener;
      passphrase: string | null;
      items: ReadonlyMap<string, string>;
    },
  ): Promise<{ keyring: Keyring; identity: string }> {
    const { generation, opener } = request;
    const identity = await createAgeIdentity('x25519');
    const recipient = await ageRecipientOf(identity);
    const file: KeyringFile = {
      format: FORMAT,
      generation,
      recipient,
      opened_by: opener.kind === 'passphrase' ? 'passphrase' : opener.recipients,
    };
    const name = `g-${String(generation).padStart(6, '0')}`;
    const temporary = join(root, `.${name}.tmp`);
    await mkdir(join(temporary, 'items'), { recursive: true, mode: 0o700 });
    const sealed = await seal(`${identity}\n`, await openerKeys(opener, request.passphrase));
    await writeFileAtomically(join(temporary, 'workspace.age'), sealed);
    for (const [id, secret] of request.items) {
      const key = await seal(`${secret}\n`, [{ kind: 'age', recipient }]);
      await writeFileAtomically(join(temporary, 'items', `${id}.age`), key);
    }
    await writeFileAtomically(join(temporary, 'keyring.json'), `${JSON.stringify(file, null, 2)}\n`);
    await syncFolder(join(temporary, 'items'));
    await syncFolder(temporary);
    await rename(temporary, join(root, name));
    await syncFolder(root);
    return { keyring: new Keyring(join(root, name), file), identity };
  }

  /** Writes the key of a new item. Needs no secret of the workspace. */
  async add(archiveId: string, identity: string): Promise<void> {
    const sealed = await seal(`${identity}\n`, [{ kind: 'age', recipient: this.recipient }]);
    await writeFileAtomically(this.keyFile(archiveId), sealed);
  }

  keyFile(archiveId: string): string {
    return join(this.folder, 'items', `${archiveId}.age`);
  }

  /** Ids of the archives whose keys are here. */
  ids(): string[] {
    return readdirSync(join(this.folder, 'items'))
      .flatMap((name) => (name.startsWith('.') || !name.endsWith('.age') ? [] : [name.slice(0, -4)]))
      .toSorted();
  }

  /**
   * Opens the workspace's archive key.
   * @throws Fault `archive-key-refused` (exit 4), `keyring-damaged` (exit 5)
   */
  async unlock(secrets: readonly DecryptionKey[]): Promise<string> {
    let text: string;
    try {
      text = await unseal(await readSealed(join(this.folder, 'workspace.age')), secrets);
    } catch (cause) {
      throw refused('archive-key-refused', 'This does not open the archive key of the workspace', {
        cause,
        hint:
          this.opener.kind === 'passphrase'
            ? 'Give its passphrase at the prompt, or with --passphrase-file FILE'
            : 'Give an identity that it is encrypted for, with --identity FILE',
      });
    }
    const identity = await oneIdentity(text);
    if ((await ageRecipientOf(identity)) !== this.recipient)
      throw damaged('its two halves do not belong together');
    return identity;
  }

  /** The key of one item. @throws Fault `archive-key-missing` (exit 5), `keyring-damaged` (exit 5) */
  async itemKey(archiveId: string, workspaceIdentity: string): Promise<string> {
    const path = this.keyFile(archiveId);
    if (!existsSync(path)) {
      throw verificationFailed('archive-key-missing', `There is no key of the archive ${archiveId}`, {
        hint: 'Restore the folder keys/archive from a backup, if the archive is to be opened',
      });
    }
    const keys: DecryptionKey[] = [{ kind: 'age', identity: workspaceIdentity }];
    return await oneIdentity(await unseal(await readSealed(path), keys));
  }
}

/** Names of the generations, the oldest first. More than one: an erasure was cut off. */
export function generations(root: string): string[] {
  if (!existsSync(root)) return [];
  return readdirSync(root)
    .filter((name) => GENERATION.test(name))
    .toSorted();
}

/** Names of folders that were being made when the program was cut off. */
export function unfinishedGenerations(root: string): string[] {
  if (!existsSync(root)) return [];
  return readdirSync(root).filter((name) => TEMPORARY.test(name));
}

async function openerKeys(opener: KeyOpener, passphrase: string | null): Promise<EncryptionKey[]> {
  if (opener.kind === 'passphrase') {
    if (passphrase === null) throw new Error('A passphrase is needed to write the archive key');
    return [{ kind: 'passphrase', passphrase }];
  }
  const parsed = await Promise.all(opener.recipients.map(parseAgeRecipient));
  if (parsed.length === 0) throw badInput('recipient-missing', 'No recipient is named for the archive key');
  return parsed.map(({ recipient }) => ({ kind: 'age' as const, recipient }));
}

async function oneIdentity(text: string): Promise<string> {
  const [found, second] = await readAgeIdentities(text);
  if (found === undefined || second !== undefined) throw damaged('a key file holds no single key');
  return found.identity;
}

async function readSealed(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size > LONGEST_SEALED) throw damaged('a key file is too long');
    return await file.readFile();
  } finally {
    await file.close();
  }
}

async function readKeyringFile(folder: string, generation: number): Promise<KeyringFile> {
  let value: Partial<KeyringFile> | null;
  try {
    const text = await readFile(join(folder, 'keyring.json'), 'utf8');
    value = text.length > LONGEST_SEALED ? null : (JSON.parse(text) as Partial<KeyringFile> | null);
  } catch (cause) {
    throw damaged('keyring.json cannot be read', cause);
  }
  const by = value?.opened_by;
  const known = by === 'passphrase' || (Array.isArray(by) && by.every((each) => typeof each === 'string'));
  if (value?.format !== FORMAT || value.generation !== generation || !known)
    throw damaged('keyring.json is not ours');
  const { recipient } = await parseAgeRecipient(String(value.recipient));
  return { format: FORMAT, generation, recipient, opened_by: by };
}

function damaged(why: string, cause?: unknown): Error {
  return verificationFailed('keyring-damaged', `The folder of archive keys cannot be used: ${why}`, {
    cause,
    hint: 'Restore the folder keys/archive from a backup',
  });
}
