import {
  Args,
  bytesInWords,
  counted,
  Flags,
  passphraseFileFlag,
  printable,
  QuietusCommand,
  refuseBinaryTerminal,
  writeStandardOutput,
} from '../cli/index.js';
import type { Session } from '../session/index.js';
import type { DecryptionResult } from '../transfer/index.js';

export default class Decrypt extends QuietusCommand {
  static override description =
    'Decrypt a file that was encrypted for you, in any format that encrypt writes or that age, openssl cms and 7-Zip write. What comes out appears whole or not at all; packs are extracted into a new folder.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> transfer-2026-11-22-7f3a.tar.age',
    '<%= config.bin %> <%= command.id %> transfer-2026-11-22-7f3a.csv.age -o payroll.csv --identity key.txt',
    '<%= config.bin %> <%= command.id %> transfer-2026-11-22-7f3a.zip --passphrase-file /dev/fd/3',
    'cat backup.age | <%= config.bin %> <%= command.id %> - --as records -o - | tar -x',
  ];
  static override args = {
    file: Args.string({ description: 'The encrypted file; - reads standard input.', required: true }),
  };
  static override flags = {
    output: Flags.string({
      char: 'o',
      description:
        'File or folder for the result; - writes to standard output, of a damaged file the part before the damage (exit 5). Default: the name without its last extension, here.',
      helpValue: 'PATH',
    }),
    as: Flags.string({
      description: 'Open it with this identity of the workspace.',
      helpValue: 'NAME',
      exclusive: ['escrow'],
    }),
    identity: Flags.string({
      char: 'i',
      description:
        'Open it with the keys in this file, without a workspace: age identities, PKCS#12, or PEM; may be repeated.',
      multiple: true,
      helpValue: 'FILE',
      exclusive: ['as'],
    }),
    escrow: Flags.boolean({
      description: 'Open it with the passphrase that the workspace keeps for its recovery recipient.',
    }),
    'passphrase-file': passphraseFileFlag('of the file, or of the identity'),
    unpack: Flags.boolean({
      description: 'Extract a tar file that Quietus did not make, whatever it is called.',
      exclusive: ['keep-packed'],
    }),
    'keep-packed': Flags.boolean({ description: 'Write a pack as the tar file that it is.' }),
    'max-entries': Flags.integer({
      description: 'Most files, folders and links that a pack may have. Default: 1,000,000.',
      helpValue: 'N',
      min: 1,
      exclusive: ['keep-packed'],
    }),
    'max-bytes': Flags.string({
      description:
        'Most bytes that the files of a pack may have together, such as 20GB or 512MiB. Default: what the disk has room for.',
      helpValue: 'SIZE',
      exclusive: ['keep-packed'],
    }),
    'max-ratio': Flags.integer({
      description:
        'Most bytes that a compressed pack may make of one, after the first 64 MiB. Default: 200; gzip can make 1,032.',
      helpValue: 'N',
      min: 1,
      exclusive: ['keep-packed'],
    }),
    force: Flags.boolean({ char: 'f', description: 'Replace the output file where it exists.' }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(Decrypt);
    const { badInput } = await import('../model/index.js');
    const { decryptTransfer, recordDecryption } = await import('../transfer/index.js');
    const toPipe = flags.output === '-';
    // What it is shows only when it is open, and it may be made to confuse a terminal.
    if (toPipe) refuseBinaryTerminal('give a file with -o, or add: | less');
    if (toPipe && this.jsonEnabled())
      throw badInput('json-and-pipe', 'Standard output cannot take both the file and JSON', {
        hint: 'Leave --json out',
      });
    let session: Session | undefined;
    const bar = await this.progress(100, 'Decrypting');
    const result = await decryptTransfer({
      path: args.file,
      output: flags.output ?? null,
      cwd: process.cwd(),
      force: flags.force,
      unpack: flags.unpack,
      keepPacked: flags['keep-packed'],
      limits: {
        maxEntries: flags['max-entries'],
        maxBytes: await bytesOf(flags['max-bytes']),
        maxRatio: flags['max-ratio'],
      },
      keys: {
        identityFiles: flags.identity ?? [],
        identity: flags.as ?? null,
        escrow: flags.escrow,
        ask: (what) => this.passphrase({ file: flags['passphrase-file'], prompt: what }),
        session: async () => {
          session = await this.#workspace(flags.as !== undefined || flags.escrow);
          return session;
        },
      },
      signal: this.interrupt,
      onProgress: (bytes, total) =>
        total !== null && bar.update(Math.floor((100 * bytes) / Math.max(1, total))),
      write: writeStandardOutput,
    });
    bar.stop();
    if (session !== undefined) await recordDecryption(session, result);
    return this.#tell(result);
  }

  /** @param wanted whether a key of the workspace was asked for by a flag */
  async #workspace(wanted: boolean): Promise<Session> {
    try {
      return await this.openSession();
    } catch (error) {
      const { badInput, Fault } = await import('../model/index.js');
      if (wanted || !(error instanceof Fault) || error.code !== 'workspace-missing') throw error;
      throw badInput('key-needed', 'No key was given, and no workspace was found that could have one', {
        hint: 'Open it with a key file: --identity FILE; or name a workspace with --workspace DIR',
      });
    }
  }

  #tell(result: DecryptionResult): unknown {
    const { extracted, output, unfinishedRemoved } = result;
    if (unfinishedRemoved > 0)
      this.note(
        `Removed plaintext that a killed decrypt had left there: ${counted(unfinishedRemoved, 'unfinished output')}`,
      );
    if (output !== null) {
      const what =
        extracted === null
          ? bytesInWords(result.plaintextBytes)
          : `${counted(extracted.files, 'file')}, ${counted(extracted.folders, 'folder')}, ${bytesInWords(extracted.bytes)}`;
      this.print(`${printable(output)}: ${what}, opened with ${result.openedBy}`);
      this.note('It is not encrypted any more. When it is no longer needed: quietus dispose');
    }
    return {
      output,
      format: result.format,
      opened_by: result.openedBy,
      plaintext_bytes: result.plaintextBytes,
      extracted,
    };
  }
}

/** @throws Fault `size-invalid` (exit 2) */
async function bytesOf(size: string | undefined): Promise<number | undefined> {
  if (size === undefined) return undefined;
  const { parseSize } = await import('../unattended/index.js');
  return parseSize(size, '--max-bytes');
}
