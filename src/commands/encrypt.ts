import {
  Args,
  canShowSecret,
  confirmFlag,
  counted,
  disposalData,
  disposalText,
  encryptionText,
  Flags,
  mediumText,
  passphraseText,
  QuietusCommand,
  refuseBinaryTerminal,
  showSecret,
  writeStandardOutput,
} from '../cli/index.js';
import type { Selection } from '../disposal/index.js';
import { ExitCode, TRANSFER_FORMATS, type TransferFormat } from '../model/index.js';
import type { Session } from '../session/index.js';
import type { EncryptionResult, SheetKind } from '../transfer/index.js';

export default class Encrypt extends QuietusCommand {
  static override description =
    'Encrypt files and folders for registered recipients, as one file whose name says nothing. It is read back and decrypted in memory before it appears. Beside it lie a receipt for you and a sheet that tells the recipient how to open it.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> payroll.csv --to acme',
    '<%= config.bin %> <%= command.id %> /srv/hr/2026 --to acme --to county -o /srv/out',
    '<%= config.bin %> <%= command.id %> letter.pdf --to drlee --sheet pdf --passphrase-to letter.pass',
    'tar -c records | <%= config.bin %> <%= command.id %> - --to acme -o - > records.tar.age',
    '<%= config.bin %> <%= command.id %> report.csv --to acme --media /media/jdoe/STICK --media-id USB-7 --custodian "Pat Roe" --destination "Boston office"',
  ];
  static override strict = false;
  static override args = {
    path: Args.string({ description: 'Files and folders, one or several; - reads standard input.' }),
  };
  static override flags = {
    to: Flags.string({
      char: 't',
      description: 'Name of a recipient; may be repeated.',
      multiple: true,
      required: true,
      helpValue: 'NAME',
    }),
    output: Flags.string({
      char: 'o',
      description:
        'File or folder for the result; - writes to standard output. Default: a neutral name here.',
      helpValue: 'FILE',
    }),
    format: Flags.string({
      description: 'Format, where the recipients can open several.',
      options: [...TRANSFER_FORMATS],
    }),
    armor: Flags.boolean({ char: 'a', description: 'Text instead of bytes (age and cms).' }),
    pack: Flags.boolean({ description: 'Pack a single file, too, so that its name and times go along.' }),
    compress: Flags.boolean({
      description:
        'Compress with gzip first. The size then tells something of the content: docs/threat-model.md.',
    }),
    'skip-unreadable': Flags.boolean({ description: 'Leave out what cannot be read, and list it (exit 3).' }),
    force: Flags.boolean({
      char: 'f',
      description: 'Replace the output, and receipt and sheet, where they exist.',
    }),
    sheet: Flags.string({
      description: 'The instruction sheet for the recipient.',
      options: ['text', 'pdf', 'none'],
      default: 'text',
    }),
    receipt: Flags.string({
      description: 'Where the receipt goes. Default: beside the output.',
      helpValue: 'FILE',
    }),
    'passphrase-to': Flags.string({
      description: 'New file (0600) for the generated passphrase, instead of the terminal.',
      helpValue: 'FILE',
    }),
    media: Flags.string({
      description: 'Write to a portable medium: the folder where it is mounted.',
      helpValue: 'FOLDER',
      exclusive: ['output'],
    }),
    'media-id': Flags.string({
      description: 'Label or number by which the medium is known.',
      helpValue: 'ID',
      dependsOn: ['media'],
    }),
    custodian: Flags.string({
      description: 'Who carries the medium.',
      helpValue: 'NAME',
      dependsOn: ['media'],
    }),
    destination: Flags.string({
      description: 'Where the medium goes.',
      helpValue: 'TEXT',
      dependsOn: ['media'],
    }),
    'dispose-original': Flags.boolean({
      description: 'Destroy the originals once the encrypted file is proved, as quietus dispose does.',
    }),
    'accept-residual': Flags.boolean({
      description:
        'With --dispose-original: go on where the medium keeps copies that overwriting does not reach.',
      dependsOn: ['dispose-original'],
    }),
    confirm: confirmFlag('with --dispose-original, the base name of a single path, or the number of several'),
  };

  async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(Encrypt);
    const { badInput } = await import('../model/index.js');
    const paths = argv.map(String);
    if (paths.length === 0)
      throw badInput('input-missing', 'Nothing to encrypt was named', {
        hint: 'Name files or folders, or - for standard input',
      });
    const toPipe = flags.output === '-';
    if (toPipe && !flags.armor) refuseBinaryTerminal('give --armor for text');
    if (toPipe && this.jsonEnabled())
      throw badInput('json-and-pipe', 'Standard output cannot take both the file and JSON', {
        hint: 'Leave --json out, and give --receipt FILE',
      });
    const { encryptTransfer, handOver, inspectMedium } = await import('../transfer/index.js');
    const session = await this.openSession();
    const medium = flags.media === undefined ? null : await inspectMedium(flags.media);
    if (medium !== null) for (const line of mediumText(medium)) this.note(line);
    const selection = flags['dispose-original']
      ? await this.#selectOriginals(session, paths, flags.confirm)
      : null;
    const bar = await this.progress(100, 'Encrypting', toPipe);
    const result = await encryptTransfer(session, {
      paths,
      to: flags.to,
      output: medium === null ? (flags.output ?? null) : medium.folder,
      cwd: process.cwd(),
      format: (flags.format as TransferFormat | undefined) ?? null,
      armor: flags.armor === true,
      pack: flags.pack === true,
      compress: flags.compress === true,
      skipUnreadable: flags['skip-unreadable'] === true,
      force: flags.force === true,
      sheet: flags.sheet as SheetKind,
      receipt: flags.receipt ?? null,
      passphraseTo: flags['passphrase-to'] ?? null,
      showPassphrase: (passphrase, recipients) => {
        bar.stop();
        showSecret(passphraseText(recipients, passphrase));
      },
      canShow: canShowSecret(),
      medium: medium && {
        id: flags['media-id'] ?? medium.model ?? 'unnamed',
        custodian: flags.custodian ?? null,
        destination: flags.destination ?? null,
        removable: medium.removable,
      },
      signal: this.interrupt,
      onProgress: (bytes, total) =>
        total !== null && bar.update(Math.floor((100 * bytes) / Math.max(1, total))),
      write: writeStandardOutput,
    });
    bar.stop();
    const handover = await handOver(session, result, { force: flags.force === true });
    const text = encryptionText(result, handover, {
      onMedium: medium !== null,
      passphraseInFile: flags['passphrase-to'] !== undefined,
    });
    for (const line of text.result) {
      if (toPipe) this.note(line);
      else this.print(line);
    }
    for (const line of text.notes) this.note(line);
    if (result.skipped.length > 0) this.endWith(ExitCode.partial);
    const disposed =
      selection && (await this.#disposeOriginals(session, selection, result, flags['accept-residual']));
    return {
      ...handover.receipt,
      output: result.output,
      receipt_file: handover.receiptPath,
      sheet_file: handover.sheetPath,
      skipped: result.skipped,
      ended_transfers: result.ended,
      ...(disposed ? { disposal: disposed } : {}),
    };
  }

  /** Examined before anything is encrypted: what changes between the two is not destroyed. */
  async #selectOriginals(session: Session, paths: string[], given: string | undefined): Promise<Selection> {
    const { examineSelection } = await import('../disposal/index.js');
    const selection = await examineSelection(session, {
      names: paths,
      folder: process.cwd(),
      recordClass: null,
    });
    await this.confirm({
      expected: selection.confirmation,
      given,
      question: `${counted(selection.paths.length, 'path')} will be destroyed for ever once encrypted.`,
    });
    return selection;
  }

  async #disposeOriginals(
    session: Session,
    selection: Selection,
    result: EncryptionResult,
    acceptResidual: boolean,
  ): Promise<unknown> {
    if (result.skipped.length > 0 || result.output === null) {
      this.note(
        'warning: the originals are kept: not all of them were encrypted, or what was written is not proved',
      );
      this.endWith(ExitCode.partial);
      return null;
    }
    const { disposeOf, readStatement } = await import('../disposal/index.js');
    const statement = await readStatement(session, {
      ground: `encrypted as ${result.transfer}`,
      recordClass: undefined,
      authority: undefined,
      piElements: [],
      dataSubjects: undefined,
      paths: selection.paths.length,
    });
    const disposed = await disposeOf(session, selection, statement, {
      acceptResidual,
      signal: this.interrupt,
    });
    for (const line of disposalText(disposed)) this.print(line);
    const clean = disposed.disposals.every(({ outcome }) => outcome === 'overwritten-verified');
    if (!clean) this.endWith(ExitCode.partial);
    if (disposed.certificate !== null) this.print(`Certificate ${disposed.certificate.number}`);
    return disposalData(disposed);
  }
}
