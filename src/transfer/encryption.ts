import { rm } from 'node:fs/promises';
import type { Encrypted, EncryptionFormat, EncryptionKey } from '../crypto/index.js';
import { ExitCode, Fault, type Recipient, type TransferMedium } from '../model/index.js';
import type { PackSummary } from '../packing/index.js';
import { encryptionKeyOf, escrowOf } from '../recipients/index.js';
import type { Session } from '../session/index.js';
import {
  type CompanionPlaces,
  companionPlaces,
  filesRead,
  requireOutsideOfInputs,
  type SheetKind,
} from './companion-places.js';
import type { FormatChoice } from './format-choice.js';
import { neutralName, outputPath } from './output-place.js';
import { generatePassphrase } from './passphrase.js';
import { writePassphraseFile } from './passphrase-file.js';
import type { PlaintextSource } from './plaintext-source.js';
import { readBackFromMedium } from './portable-medium.js';
import { keepAccess, type ReplacedFile } from './replaced-file.js';
import { type FileIdentity, TemporaryOutput } from './temporary-output.js';
import { type LogReference, TransferRecord, type WrittenFacts } from './transfer-record.js';

/** Where the encrypted file goes, and what lies beside it. */
export interface OutputRequest {
  /** Files and folders that are read, none of which is written over; `-` for standard input. */
  paths: readonly string[];
  /** A file or folder; null for a neutral name in `cwd`; `-` for standard output. */
  output: string | null;
  cwd: string;
  armor: boolean;
  force: boolean;
  sheet: SheetKind;
  /** Where the receipt goes; null for beside the file, or nowhere for a pipe. */
  receipt: string | null;
  /** New file for the generated passphrase; null where it is shown. */
  passphraseTo: string | null;
  /** Shows the passphrase, once: called when the file is complete, before anything else can fail. */
  showPassphrase: (passphrase: string, recipients: readonly Recipient[]) => void;
  /** Not null where the file goes onto a portable medium, from which it is then read back, too. */
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
  /** Which file has that name. */
  identity: FileIdentity | null;
  /** Name of what is inside, where the format has one. */
  entryName: string;
  recipients: readonly Recipient[];
  choice: FormatChoice;
  facts: WrittenFacts;
  skipped: PackSummary['skipped'];
  packed: boolean;
  compressed: boolean;
  armored: boolean;
  /** For what lies beside the file; nothing of it is written yet. */
  places: CompanionPlaces;
  log: LogReference;
  /** Transfers of earlier processes, cut off, that were ended first. */
  ended: readonly string[];
}

/** What is encrypted, and how. */
export interface Material {
  source: PlaintextSource;
  choice: FormatChoice;
  format: EncryptionFormat;
  recipients: readonly Recipient[];
  /** The encrypted file in whose place the output comes; null where it is a new one. */
  replaces: ReplacedFile | null;
}

/**
 * Encrypts one source: written under a temporary name, read back and decrypted in memory, renamed, recorded. A failure
 * leaves nothing behind but its entry in the log.
 *
 * @throws Fault as `outputPath`, `companionPlaces`, `readBackFromMedium`; `transfer-unrecorded` (exit 3); what the format throws
 */
export async function encryptSource(
  session: Session,
  request: OutputRequest,
  material: Material,
): Promise<Omit<EncryptionResult, 'ended'>> {
  return await new Encryption(session, request, material).run();
}

class Encryption {
  readonly #name: string;
  readonly #passphrase: string | null;

  constructor(
    private readonly session: Session,
    private readonly request: OutputRequest,
    private readonly material: Material,
  ) {
    this.#name = neutralName(session.today(), material.source.extension);
    this.#passphrase = material.choice.byPassphrase ? generatePassphrase() : null;
  }

  async run(): Promise<Omit<EncryptionResult, 'ended'>> {
    const { request, material } = this;
    const inputs = filesRead(request.paths);
    const keys = this.#keys();
    material.format.requireFit(keys);
    if (request.output === '-') {
      requireOutsideOfInputs(process.stdout.fd, inputs);
      return await this.#intoPipe(keys, this.#places(null, inputs));
    }
    const output = outputPath(request.output, {
      cwd: request.cwd,
      name: `${this.#name}${material.format.extension}`,
      force: request.force,
      inputs,
    });
    return await this.#intoFile(keys, output, this.#places(output, inputs));
  }

  #places(output: string | null, inputs: readonly string[]): CompanionPlaces {
    const { cwd, force, sheet, receipt } = this.request;
    if (this.material.replaces?.hasReceipt === false) return { receipt: null, sheet: null };
    const passphraseTo = this.#passphrase === null ? null : this.request.passphraseTo;
    return companionPlaces({ receipt, sheet }, { cwd, inputs, output, passphraseTo, force });
  }

  #keys(): EncryptionKey[] {
    if (this.#passphrase !== null) return [{ kind: 'passphrase', passphrase: this.#passphrase }];
    return [...this.material.recipients, ...this.material.choice.recovery].map(encryptionKeyOf);
  }

  async #intoFile(
    keys: readonly EncryptionKey[],
    output: string,
    places: CompanionPlaces,
  ): Promise<Omit<EncryptionResult, 'ended'>> {
    const { request, material } = this;
    const temporary = new TemporaryOutput(output);
    const record = await this.#begin({ temporary: temporary.path, output });
    let encrypted: Encrypted | undefined;
    let passphraseFile: string | null = null;
    let appeared = false;
    try {
      const file = await temporary.open();
      const target = { kind: 'file', file } as const;
      encrypted = await material.format.encrypt(material.source.input, target, keys, this.#options());
      await material.source.requireUnchanged();
      if (material.replaces !== null && !(await keepAccess(file, material.replaces)))
        this.session.warn(`${output} belongs to your account now, and nobody else may read it`);
      const size = await temporary.sync();
      const { ciphertextSha256 } = await encrypted.prove(
        { kind: 'file', file, size },
        { signal: request.signal },
      );
      const fromMedium =
        request.medium !== null && (await readBackFromMedium(temporary.path, ciphertextSha256));
      const facts = await this.#facts(encrypted, { ciphertextSha256, fromMedium });
      await record.proved(facts);
      passphraseFile = await this.#writePassphrase();
      // Proving takes as long as encrypting did.
      await material.source.requireUnchanged();
      const identity = await temporary.appear(request.force);
      appeared = true;
      this.#show();
      return this.#result(record, { output, identity, places }, facts, await record.done(facts));
    } catch (error) {
      if (appeared) throw unrecorded(error);
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
  async #intoPipe(
    keys: readonly EncryptionKey[],
    places: CompanionPlaces,
  ): Promise<Omit<EncryptionResult, 'ended'>> {
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
      this.#show();
      const facts = await this.#facts(encrypted, { ciphertextSha256: null, fromMedium: false });
      await record.proved(facts);
      return this.#result(record, { output: null, identity: null, places }, facts, await record.done(facts));
    } catch (error) {
      await record.failed(error);
      throw error;
    }
  }

  #begin(work: { temporary: string; output: string } | null): Promise<TransferRecord> {
    const { recipients, choice, replaces } = this.material;
    const { medium } = this.request;
    return TransferRecord.begin(this.session, { recipients, choice, work, medium, replaces });
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

  #show(): void {
    if (this.#passphrase === null || this.request.passphraseTo !== null) return;
    this.request.showPassphrase(this.#passphrase, this.material.recipients);
  }

  async #facts(
    encrypted: Encrypted,
    proof: Pick<WrittenFacts, 'ciphertextSha256' | 'fromMedium'>,
  ): Promise<WrittenFacts> {
    const { files, leftOut } = this.material.source.contents();
    const { escrow } = this.material.choice;
    return {
      plaintextBytes: encrypted.plaintextBytes,
      ciphertextBytes: encrypted.ciphertextBytes,
      files,
      leftOut,
      ...proof,
      escrow: this.#passphrase === null || escrow === null ? null : await escrowOf(this.#passphrase, escrow),
    };
  }

  /** @returns the file that was written */
  async #writePassphrase(): Promise<string | null> {
    const { passphraseTo } = this.request;
    if (this.#passphrase === null || passphraseTo === null) return null;
    await writePassphraseFile(passphraseTo, this.#passphrase);
    return passphraseTo;
  }

  #result(
    record: TransferRecord,
    where: Pick<EncryptionResult, 'output' | 'identity' | 'places'>,
    facts: WrittenFacts,
    log: LogReference,
  ): Omit<EncryptionResult, 'ended'> {
    const { source, choice, recipients } = this.material;
    return {
      transfer: record.transfer.id,
      ...where,
      entryName: this.#name,
      recipients: [...recipients, ...choice.recovery],
      choice,
      facts,
      skipped: source.contents().skipped,
      packed: source.packed,
      compressed: source.compressed,
      armored: this.request.armor,
      log,
    };
  }
}

/** The file is there, and what opens it too: only its end is not written down, which the next command makes up for. */
function unrecorded(cause: unknown): Fault {
  return new Fault(
    'transfer-unrecorded',
    ExitCode.partial,
    'The encrypted file is there and proved, but the workspace could not record it',
    {
      cause,
      hint: 'Make room for the workspace or see: quietus doctor. The next quietus encrypt records the file; it has no receipt and no sheet',
    },
  );
}
