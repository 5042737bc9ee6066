import { rm } from 'node:fs/promises';
import type { Encrypted, EncryptionFormat, EncryptionKey } from '../crypto/index.js';
import { formatOf } from '../crypto/index.js';
import { badInput, type Recipient, type TransferFormat, type TransferMedium } from '../model/index.js';
import type { PackSummary } from '../packing/index.js';
import { encryptionKeyOf, escrowOf, requireAddressees } from '../recipients/index.js';
import type { Session } from '../session/index.js';
import { writeFileAtomically } from '../workspace/index.js';
import { chooseFormat, type FormatChoice } from './format-choice.js';
import { neutralName, outputPath } from './output-place.js';
import { generatePassphrase } from './passphrase.js';
import { openSource, type PlaintextSource } from './plaintext-source.js';
import { TemporaryOutput } from './temporary-output.js';
import { clearUp, type LogReference, TransferRecord, type WrittenFacts } from './transfer-record.js';

export interface EncryptionRequest {
  /** Files and folders; `-` for standard input. */
  paths: readonly string[];
  /** Names of recipients. */
  to: readonly string[];
  /** A file or folder; null for a neutral name in `cwd`; `-` for standard output. */
  output: string | null;
  cwd: string;
  format: TransferFormat | null;
  armor: boolean;
  pack: boolean;
  compress: boolean;
  skipUnreadable: boolean;
  force: boolean;
  /** New file for the generated passphrase; null where it is shown. */
  passphraseTo: string | null;
  /** Whether somebody is there to read it from a terminal. */
  canShow: boolean;
  medium: TransferMedium | null;
  signal: AbortSignal;
  onProgress?: (bytes: number, total: number | null) => void;
  /** Takes the file where the output is `-`. */
  write: (bytes: Uint8Array) => Promise<void>;
}

/** One file that was encrypted and proved. */
export interface EncryptionResult {
  transfer: string;
  /** Null where it went into a pipe. */
  output: string | null;
  /** Name of what is inside, where the format has one. */
  entryName: string;
  recipients: readonly Recipient[];
  choice: FormatChoice;
  facts: WrittenFacts;
  skipped: PackSummary['skipped'];
  packed: boolean;
  compressed: boolean;
  armored: boolean;
  /** To be shown once; null where keys open the file, or where it was written to a file. */
  passphrase: string | null;
  log: LogReference;
  /** Transfers of earlier processes, cut off, that were ended first. */
  ended: readonly string[];
}

/**
 * Encrypts files for registered recipients: written under a temporary name, read back and decrypted in memory,
 * renamed, recorded. A failure leaves nothing behind but its entry in the log.
 *
 * @throws Fault as `requireAddressees`, `chooseFormat`, `openSource`, `outputPath`; `passphrase-nowhere` (exit 2);
 *   what the format throws
 */
export async function encryptTransfer(
  session: Session,
  request: EncryptionRequest,
): Promise<EncryptionResult> {
  const ended = await clearUp(session);
  const { recipients, recovery } = await requireAddressees(session, request.to);
  const source = await openSource(request.paths, {
    pack: request.pack,
    compress: request.compress,
    skipUnreadable: request.skipUnreadable,
    signal: request.signal,
    onProgress: (bytes) => request.onProgress?.(bytes, null),
  });
  try {
    const choice = chooseFormat(recipients, {
      wanted: request.format,
      size: source.size,
      recovery,
      requireRecovery: session.settings().transfers.requireRecovery,
    });
    requirePassphrasePlace(choice, request);
    const format = await formatOf(choice.format);
    return {
      ...(await new Encryption(session, request, { source, choice, format, recipients }).run()),
      ended,
    };
  } finally {
    await source.close();
  }
}

function requirePassphrasePlace({ byPassphrase }: FormatChoice, request: EncryptionRequest): void {
  if (!byPassphrase || request.canShow || request.passphraseTo !== null) return;
  throw badInput('passphrase-nowhere', 'A passphrase is generated, and there is no terminal to show it on', {
    hint: 'Give a new file for it with --passphrase-to FILE, and keep it apart from the encrypted file',
  });
}

interface Material {
  source: PlaintextSource;
  choice: FormatChoice;
  format: EncryptionFormat;
  recipients: readonly Recipient[];
}

class Encryption {
  readonly #name: string;
  readonly #passphrase: string | null;

  constructor(
    private readonly session: Session,
    private readonly request: EncryptionRequest,
    private readonly material: Material,
  ) {
    this.#name = neutralName(session.today(), material.source.extension);
    this.#passphrase = material.choice.byPassphrase ? generatePassphrase() : null;
  }

  async run(): Promise<Omit<EncryptionResult, 'ended'>> {
    const { request, material } = this;
    const keys = this.#keys();
    material.format.requireFit(keys);
    if (request.output === '-') return await this.#intoPipe(keys);
    const output = outputPath(request.output, {
      cwd: request.cwd,
      name: `${this.#name}${material.format.extension}`,
      force: request.force,
      inputs: request.paths.filter((path) => path !== '-'),
    });
    return await this.#intoFile(keys, output);
  }

  #keys(): EncryptionKey[] {
    if (this.#passphrase !== null) return [{ kind: 'passphrase', passphrase: this.#passphrase }];
    return [...this.material.recipients, ...this.material.choice.recovery].map(encryptionKeyOf);
  }

  async #intoFile(keys: readonly EncryptionKey[], output: string): Promise<Omit<EncryptionResult, 'ended'>> {
    const { request, material } = this;
    const temporary = new TemporaryOutput(output);
    const record = await this.#begin({ temporary: temporary.path, output });
    let encrypted: Encrypted | undefined;
    let passphraseFile: string | null = null;
    try {
      const file = await temporary.open();
      const target = { kind: 'file', file } as const;
      encrypted = await material.format.encrypt(material.source.input, target, keys, this.#options());
      await material.source.requireUnchanged();
      const size = await temporary.sync();
      const { ciphertextSha256 } = await encrypted.prove(
        { kind: 'file', file, size },
        { signal: request.signal },
      );
      const facts = await this.#facts(encrypted, ciphertextSha256);
      await record.proved(facts);
      passphraseFile = await this.#writePassphrase();
      await temporary.appear(request.force);
      return this.#result(record, output, facts, await record.done(facts));
    } catch (error) {
      await temporary.discard();
      // It opens nothing that is there.
      if (passphraseFile !== null) await rm(passphraseFile, { force: true });
      await record.failed(error);
      throw error;
    } finally {
      encrypted?.forget();
    }
  }

  /** A pipe cannot be read back: what came out of its other end is not proved, and the receipt says so. */
  async #intoPipe(keys: readonly EncryptionKey[]): Promise<Omit<EncryptionResult, 'ended'>> {
    const { request, material } = this;
    const record = await this.#begin(null);
    try {
      await this.#writePassphrase();
      const encrypted = await material.format.encrypt(
        material.source.input,
        { kind: 'stream', write: request.write },
        keys,
        this.#options(),
      );
      encrypted.forget();
      await material.source.requireUnchanged();
      const facts = await this.#facts(encrypted, null);
      await record.proved(facts);
      return this.#result(record, null, facts, await record.done(facts));
    } catch (error) {
      await record.failed(error);
      throw error;
    }
  }

  #begin(work: { temporary: string; output: string } | null): Promise<TransferRecord> {
    const { recipients, choice } = this.material;
    return TransferRecord.begin(this.session, { recipients, choice, work, medium: this.request.medium });
  }

  #options() {
    const { request, material } = this;
    return {
      armor: request.armor,
      entryName: this.#name,
      signal: request.signal,
      onProgress: (bytes: number) => request.onProgress?.(bytes, material.source.size),
    };
  }

  async #facts(encrypted: Encrypted, ciphertextSha256: string | null): Promise<WrittenFacts> {
    const { files, skipped } = this.material.source.contents();
    const { escrow } = this.material.choice;
    return {
      plaintextBytes: encrypted.plaintextBytes,
      ciphertextBytes: encrypted.ciphertextBytes,
      files,
      skipped: skipped.length,
      ciphertextSha256,
      escrow: this.#passphrase === null || escrow === null ? null : await escrowOf(this.#passphrase, escrow),
    };
  }

  /** @returns the file that was written */
  async #writePassphrase(): Promise<string | null> {
    const { passphraseTo } = this.request;
    if (this.#passphrase === null || passphraseTo === null) return null;
    try {
      await writeFileAtomically(passphraseTo, `${this.#passphrase}\n`, { exclusive: true });
      return passphraseTo;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      throw badInput('output-exists', 'The file of --passphrase-to is there already', {
        hint: 'A passphrase never replaces anything: give a new file',
      });
    }
  }

  #result(
    record: TransferRecord,
    output: string | null,
    facts: WrittenFacts,
    log: LogReference,
  ): Omit<EncryptionResult, 'ended'> {
    const { source, choice, recipients } = this.material;
    return {
      transfer: record.transfer.id,
      output,
      entryName: this.#name,
      recipients: [...recipients, ...choice.recovery],
      choice,
      facts,
      skipped: source.contents().skipped,
      packed: source.packed,
      compressed: source.compressed,
      armored: this.request.armor,
      passphrase: this.request.passphraseTo === null ? this.#passphrase : null,
      log,
    };
  }
}
