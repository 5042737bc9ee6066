import { realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { requireIdentity } from '../identities/index.js';
import { badInput, ExitCode, Fault } from '../model/index.js';
import { requireAddressees } from '../recipients/index.js';
import type { Session } from '../session/index.js';
import type { KeyChoice, TriedKeys } from './decryption-keys.js';
import { type EncryptedFile, openEncrypted } from './encrypted-file.js';
import { filesBelow } from './files-below.js';
import { type Reencryption, reencryptFile } from './re-encryption.js';
import { RunKeys } from './run-keys.js';
import { TransfersInLog } from './transfer-evidence.js';
import { clearUp } from './transfer-record.js';

export interface ReencryptionRunRequest {
  /** Files and folders, relative to the current folder. */
  paths: readonly string[];
  /** Names of recipients; null for those of each recorded transfer. */
  to: readonly string[] | null;
  keys: KeyChoice;
  signal: AbortSignal;
  /** Called for each file that lies encrypted for other keys now. */
  onDone: (done: Reencryption) => void;
  /** Called for each file that stays as it was, though it was to be encrypted again. */
  onFailed: (path: string, error: Fault) => void;
}

export interface ReencryptionRun {
  done: Reencryption[];
  failed: { path: string; code: string }[];
  /** Files found in folders that stay as they are. */
  passedOver: Record<PassedOver, number>;
}

/** Not encrypted in a known format; opened by a passphrase; or by a key that is not one of those. */
export type PassedOver = 'notEncrypted' | 'byPassphrase' | 'otherKey';

/**
 * Encrypts files again, each in its place, and all below folders that the keys open. A file that fails does not hold up the
 * others. What was done before a crash is passed over the next time: the former key does not open it any more.
 *
 * @throws Fault `input-missing`, `identity-unknown`, `identity-unfit` (exit 2), as `decryptionKeys`; `requireAddressees`; where one file alone was named, why it stays as it is
 */
export async function reencryptPaths(
  session: Session,
  request: ReencryptionRunRequest,
): Promise<ReencryptionRun> {
  if (request.keys.identity !== null) await requireOwnIdentity(session, request.keys.identity);
  if (request.to !== null) await requireAddressees(session, request.to);
  await clearUp(session);
  return await new Run(session, request).all();
}

/** Of a misspelt name every file of a folder would seem to be for another key. */
async function requireOwnIdentity(session: Session, name: string): Promise<void> {
  const { owner } = await requireIdentity(session, name);
  const { id } = await session.operator();
  if (owner === id) return;
  throw badInput(
    'identity-unfit',
    `The identity ${name} is of the operator ${owner}, who alone can unlock it`,
    {
      hint: 'See your own: quietus identity list',
    },
  );
}

class Run {
  readonly #result: ReencryptionRun = {
    done: [],
    failed: [],
    passedOver: { notEncrypted: 0, byPassphrase: 0, otherKey: 0 },
  };
  readonly #keys: RunKeys;
  readonly #transfers: TransfersInLog;

  constructor(
    private readonly session: Session,
    private readonly request: ReencryptionRunRequest,
  ) {
    this.#keys = new RunKeys(request.keys);
    this.#transfers = new TransfersInLog(session.store.log);
  }

  async all(): Promise<ReencryptionRun> {
    const { paths, signal } = this.request;
    const places = await Promise.all(paths.map(placeOf));
    const alone = places.length === 1;
    for (const { path, folder } of places) {
      if (!folder) await this.#attempt(path, { named: true, alone });
      else {
        for await (const found of filesBelow(path)) {
          signal.throwIfAborted();
          await this.#attempt(
            join(path, found.path),
            { named: found.kind === 'unreadable', alone: false },
            found.kind,
          );
        }
      }
    }
    return this.#result;
  }

  /** @param how.named whether a person asked for this file, so that it is a failure where it stays as it is */
  async #attempt(
    path: string,
    how: { named: boolean; alone: boolean },
    kind: 'file' | 'unreadable' | 'link' | 'special' = 'file',
  ): Promise<void> {
    if (kind === 'link' || kind === 'special') return;
    try {
      const outcome = await this.#one(path, how.named);
      if (typeof outcome === 'string') this.#result.passedOver[outcome] += 1;
      else {
        this.#result.done.push(outcome);
        this.request.onDone(outcome);
      }
    } catch (error) {
      if (how.alone || this.request.signal.aborted || this.#endsAll(error)) throw error;
      const fault = asFault(error);
      if (fault === null) throw error;
      this.#result.failed.push({ path, code: fault.code });
      this.request.onFailed(path, fault);
    }
  }

  /** What is no matter of one file: no key, a database that somebody changed, a workspace that cannot record. */
  #endsAll(error: unknown): boolean {
    if (this.#keys.hasFailed(error)) return true;
    if (!(error instanceof Fault)) return false;
    const ofFile = OF_FILE.has(error.code);
    return (
      (error.exitCode === ExitCode.verificationFailed && !ofFile) || error.code === 'transfer-unrecorded'
    );
  }

  async #one(path: string, named: boolean): Promise<Reencryption | PassedOver> {
    let file: EncryptedFile;
    try {
      file = await openEncrypted(path);
    } catch (error) {
      if (!named && error instanceof Fault && error.code === 'format-unknown') return 'notEncrypted';
      throw error;
    }
    try {
      if (file.wanted.byPassphrase && !named) return 'byPassphrase';
      const keys = file.wanted.byPassphrase ? [] : await this.#fitting(file, named);
      if (keys === null) return 'otherKey';
      const { to, signal } = this.request;
      return await reencryptFile(this.session, file, keys, { path, to, transfers: this.#transfers, signal });
    } finally {
      await file.close();
    }
  }

  /** Keys of which one opens the file; null where none does, and nobody named this file. */
  async #fitting(file: EncryptedFile, named: boolean): Promise<TriedKeys['keys'] | null> {
    const keys = await this.#keys.for(file.wanted);
    try {
      if (keys instanceof Fault) throw keys;
      await requireOpen(file, keys);
      return keys;
    } catch (error) {
      if (!named && error instanceof Fault && (error === keys || error.code === 'no-key-fits')) return null;
      throw error;
    }
  }
}

/** What is found wrong with one file. */
const OF_FILE = new Set(['ciphertext-damaged', 'readback-differs']);

async function placeOf(path: string): Promise<{ path: string; folder: boolean }> {
  try {
    const canonical = await realpath(path);
    return { path: canonical, folder: (await stat(canonical)).isDirectory() };
  } catch (error) {
    throw badInput('input-missing', `"${path}" does not exist or cannot be read`, {
      cause: error,
      hint: 'Check the spelling; nothing was changed',
    });
  }
}

/**
 * Makes sure that one of the keys opens a file, before anything of it is written. It is read as far as its format gives nothing
 * out before.
 *
 * @throws Fault `no-key-fits` (exit 4), `ciphertext-damaged` (exit 5)
 */
async function requireOpen({ format, input }: EncryptedFile, keys: TriedKeys['keys']): Promise<void> {
  const opened = new Error('it opens');
  try {
    await format.decrypt(input, () => Promise.reject(opened), keys);
  } catch (error) {
    if (error !== opened) throw error;
  }
}

/** An error of the system about one file is no defect of the program, and no reason to leave the others as they are. */
function asFault(error: unknown): Fault | null {
  if (error instanceof Fault) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined) return null;
  return new Fault(code, ExitCode.partial, message, {
    cause: error,
    hint: 'Mend it, and run the command again',
  });
}
