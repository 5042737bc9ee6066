import type { KeyObject } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';

/** The formats that a file can be encrypted in; docs/formats.md specifies the bytes of each. */
export type FormatId = 'age' | 'zip' | 'cms' | 'html';

/** Bytes that are read: from a file, at any position and from several threads, or from a stream, once. */
export type ByteInput =
  | { kind: 'file'; file: FileHandle /** in bytes */; size: number }
  | { kind: 'stream'; stream: AsyncIterable<Uint8Array> };

/** Where bytes go: into an empty file, in any order, or to a stream; `write` resolves when it wants more. */
export type ByteOutput =
  | { kind: 'file'; file: FileHandle }
  | { kind: 'stream'; write(bytes: Uint8Array): Promise<void> };

/** Says where a plaintext goes, once it is known how it begins: with the first 1,024 bytes, or all that there are. */
export type OutputChoice = (start: Uint8Array) => Promise<ByteOutput>;

/** Somebody that a file is encrypted for, as the formats understand it. */
export type EncryptionKey =
  /** `age1…` or `age1pq1…`. */
  | { kind: 'age'; recipient: string }
  /** X.509 certificate, PEM. */
  | { kind: 'certificate'; pem: string }
  | { kind: 'passphrase'; passphrase: string };

/** What opens an encrypted file. */
export type DecryptionKey =
  /** `AGE-SECRET-KEY-1…` or `AGE-SECRET-KEY-PQ-1…`. */
  | { kind: 'age'; identity: string }
  | { kind: 'certificate'; pem: string; privateKey: KeyObject }
  | { kind: 'passphrase'; passphrase: string };

export interface CipherOptions {
  signal?: AbortSignal;
  /** Called now and then with the plaintext bytes done so far. */
  onProgress?: (bytes: number) => void;
  /** Worker threads; 0 works in the calling thread. Default: what suits the machine and the size. */
  threads?: number;
}

export interface EncryptOptions extends CipherOptions {
  /** Text instead of bytes, where the format has such a form. */
  armor?: boolean;
  /** Name of the one entry in formats that hold a name (zip, html). Neutral: it is readable without the key. */
  entryName?: string;
  /** How CMS gives RSA recipients the key: OAEP with SHA-256 unless told; PKCS#1 v1.5 for programs that know no other. */
  rsaPadding?: 'oaep' | 'pkcs1-v1.5';
}

/** A file that was just encrypted, with its key still in memory, so that what was written can be proved. */
export interface Encrypted {
  plaintextBytes: number;
  ciphertextBytes: number;
  /**
   * Reads the ciphertext from its start, decrypts it in memory and compares it with what went in.
   * @returns SHA-256 of the ciphertext, lower-case hex
   * @throws Fault `readback-differs` (exit 5)
   */
  prove(written: ByteInput, options?: CipherOptions): Promise<{ ciphertextSha256: string }>;
  /** Overwrites the key in memory. Call it always, also after a failure. */
  forget(): void;
}

export interface Decrypted {
  plaintextBytes: number;
  /** Which of the keys opened it. */
  openedBy: number;
  /** Name that the format holds for its content, unchecked; null where it holds none. */
  entryName: string | null;
}

/** What can be said of an encrypted file without a key. */
export interface FileInspection {
  format: FormatId;
  /** Such as `age v1, ASCII armor`. */
  description: string;
  /** For each recipient what would open it, such as `an age X25519 identity` or `the private key of CN=…, serial …`. */
  recipients: readonly string[];
  /** Null where it cannot be known without the key. */
  plaintextBytes: number | null;
  /** Other facts worth a line, such as the work factor. */
  notes: readonly string[];
}

/** One way to encrypt a file. A further one is a further file and a line in `formats.ts`. */
export interface EncryptionFormat {
  readonly id: FormatId;
  /** With its dot, such as `.age`. */
  readonly extension: string;
  /** @param start at least the first 4,096 bytes, fewer only where the file is shorter */
  recognizes(start: Uint8Array): boolean;
  /** @throws Fault `recipients-unfit` (exit 2) where the format cannot encrypt for these together */
  requireFit(keys: readonly EncryptionKey[]): void;
  /**
   * @throws Fault `recipients-unfit`, `input-changed` (exit 3), `too-large` (exit 2), and what reading and writing throw;
   *   the output then holds a part that nobody must keep
   */
  encrypt(
    input: ByteInput,
    output: ByteOutput,
    keys: readonly EncryptionKey[],
    options?: EncryptOptions,
  ): Promise<Encrypted>;
  /**
   * Writes plaintext that was authenticated, and nothing else. To a stream it can only give out what it has
   * authenticated so far; who writes to a file keeps it only if this resolves. An output can be chosen when it is known
   * how the plaintext begins; for CMS and pages the choice is made once all of it was authenticated.
   * @throws Fault `no-key-fits` (exit 4), `ciphertext-damaged` (exit 5) for every change and cut, `header-too-costly` (exit 2)
   */
  decrypt(
    input: ByteInput,
    output: ByteOutput | OutputChoice,
    keys: readonly DecryptionKey[],
    options?: CipherOptions,
  ): Promise<Decrypted>;
  /** @throws Fault `ciphertext-damaged` (exit 5) where it is of this format but broken */
  inspect(input: ByteInput): Promise<FileInspection>;
}
