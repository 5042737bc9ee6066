import {
  Args,
  confirmFlag,
  counted,
  disposalData,
  disposalText,
  dryRunFlag,
  Flags,
  filledData,
  filledExit,
  filledText,
  freeSpaceData,
  freeSpaceText,
  QuietusCommand,
  selectionData,
  selectionText,
} from '../cli/index.js';
import type { AdHocResult } from '../disposal/index.js';
import { ExitCode } from '../model/index.js';
import type { Session } from '../session/index.js';

export default class Dispose extends QuietusCommand {
  static override description =
    'Destroy files and folders that you name: overwrite, read back, remove, and issue a certificate. Shows before what ' +
    'would be achieved on this medium and what not. For what is not in the inventory; a sweep disposes of what is.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> /srv/exports/old-customers.csv --dry-run',
    '<%= config.bin %> <%= command.id %> /srv/exports/old --pi ssn --data-subjects 12 --ground "export no longer needed"',
    'find /srv/exports -name "*.tmp" -print0 | <%= config.bin %> <%= command.id %> --from-file0 - --confirm 31',
    '<%= config.bin %> <%= command.id %> --continue dispose-2026-11-22-1a2b3c4d',
    '<%= config.bin %> <%= command.id %> --free-space /srv --dry-run',
  ];
  static override strict = false;
  static override args = {
    path: Args.string({
      description:
        'Files and folders, one or several. Write ./record for a file that has the name of a subcommand.',
    }),
  };
  static override flags = {
    confirm: confirmFlag(
      'the base name of a single path, the number of several, NAME/.git for a repository, the run to continue',
    ),
    'dry-run': dryRunFlag(),
    'from-file0': Flags.string({
      description: 'Read paths from this file, each closed by a NUL; - reads standard input.',
      helpValue: 'FILE',
    }),
    'accept-residual': Flags.boolean({
      description:
        'Go on where the medium keeps copies that overwriting does not reach. The certificate says so.',
    }),
    'clear-immutable': Flags.boolean({
      description:
        'Take away the attributes i and a (chattr), and as owner a missing permission to write, and destroy what they protect.',
    }),
    method: Flags.string({
      description:
        'How files are overwritten; more passes than one add nothing on drives made since about 2001.',
      options: ['random', 'zero', 'dod-3', 'dod-7', 'gutmann-35'],
    }),
    rate: Flags.string({
      description: 'Overwrite and read back at most this fast, such as 50MB/s.',
      helpValue: 'RATE',
    }),
    ground: Flags.string({ description: 'Why it is destroyed; the certificate says it.', helpValue: 'TEXT' }),
    authority: Flags.string({
      description: 'The law or rule that asks for the disposal or allows it, as the certificate cites it.',
      helpValue: 'TEXT',
    }),
    class: Flags.string({ description: 'Record class of the schedule that it belongs to.', helpValue: 'ID' }),
    pi: Flags.string({
      description: 'Personal information in it; may be repeated.',
      options: ['ssn', 'drivers_license', 'state_id', 'financial_account', 'payment_card', 'biometric'],
      multiple: true,
    }),
    'data-subjects': Flags.integer({
      description: 'How many people it is about; for a single path.',
      helpValue: 'N',
      min: 0,
    }),
    continue: Flags.string({
      description: 'Go on with a disposal that was cut off.',
      helpValue: 'RUN',
      exclusive: ['from-file0', 'list', 'free-space'],
    }),
    'only-begun': Flags.boolean({
      description: 'With --continue: finish what was begun, and begin nothing more.',
      dependsOn: ['continue'],
    }),
    list: Flags.boolean({ description: 'List disposals that were cut off.', exclusive: ['free-space'] }),
    'free-space': Flags.string({
      description:
        'Fill the free space of the file system of this folder, read it back, and tell the device (fstrim).',
      helpValue: 'FOLDER',
      exclusive: ['from-file0'],
    }),
    trim: Flags.boolean({
      description: 'With --free-space: run fstrim afterwards.',
      default: true,
      allowNo: true,
    }),
  };

  async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(Dispose);
    const session = await this.openSession();
    if (flags.list) return await this.listCutOff(session);
    if (flags.continue !== undefined) return await this.goOn(session, flags.continue, flags);
    if (flags['free-space'] !== undefined) return await this.freeSpace(session, flags['free-space'], flags);
    const names = [...argv.map(String), ...(await this.readNames(flags['from-file0']))];
    const {
      confirmationWord,
      cutOffDisposalOf,
      disposeOf,
      examineSelection,
      locationOf,
      methodNamed,
      readStatement,
    } = await import('../disposal/index.js');
    const locations = names.flatMap((name) => locationOf(name, process.cwd()) ?? []);
    const cutOff = flags['dry-run'] ? undefined : await cutOffDisposalOf(session, locations);
    if (cutOff) {
      this.note(`This disposal (${cutOff.id}) was cut off, and goes on.`);
      const word = confirmationWord(locations);
      const expected = flags.confirm === `${word}/.git` ? flags.confirm : word;
      return await this.goOn(session, cutOff.id, { ...flags, 'only-begun': false, expected });
    }
    const statement = await readStatement(session, {
      ground: flags.ground,
      recordClass: flags.class,
      authority: flags.authority,
      piElements: flags.pi ?? [],
      dataSubjects: flags['data-subjects'],
      paths: names.length,
    });
    const selection = await examineSelection(session, {
      names,
      folder: process.cwd(),
      recordClass: statement.recordClass,
      liftProtection: flags['clear-immutable'],
    });
    for (const line of selectionText(selection, flags['accept-residual'])) this.print(line);
    if (flags['dry-run']) {
      this.note('Nothing was changed.');
      return selectionData(selection, flags['accept-residual']);
    }
    await this.confirm({
      expected: selection.confirmation,
      given: flags.confirm,
      question: `${counted(selection.paths.length, 'path')} will be destroyed for ever.`,
    });
    const bar = await this.progress(selection.paths.length, 'paths');
    const result = await disposeOf(session, selection, statement, {
      acceptResidual: flags['accept-residual'],
      liftProtection: flags['clear-immutable'],
      method: methodNamed(flags.method),
      signal: this.interrupt,
      ended: () => bar.advance(),
      ...(await this.throttle(flags.rate)),
    });
    bar.stop();
    return this.show(result);
  }

  private async readNames(file: string | undefined): Promise<string[]> {
    if (file === undefined) return [];
    const { readNames0 } = await import('../disposal/index.js');
    if (file === '-') return await readNames0(process.stdin);
    const { createReadStream } = await import('node:fs');
    return await readNames0(createReadStream(file));
  }

  private async throttle(rate: string | undefined) {
    if (rate === undefined) return {};
    const [{ parseRate }, { Throttle }] = await Promise.all([
      import('../unattended/index.js'),
      import('../shred/index.js'),
    ]);
    return { throttle: new Throttle(parseRate(rate, '--rate')) };
  }

  private async goOn(
    session: Session,
    runId: string,
    flags: {
      confirm?: string | undefined;
      'only-begun': boolean;
      rate?: string | undefined;
      expected?: string;
    },
  ): Promise<unknown> {
    const { continueDisposal } = await import('../disposal/index.js');
    await this.confirm({
      expected: flags.expected ?? runId,
      given: flags.confirm,
      question: `The disposal ${runId} goes on with what was confirmed when it began.`,
    });
    const result = await continueDisposal(session, runId, {
      onlyBegun: flags['only-begun'],
      signal: this.interrupt,
      ...(await this.throttle(flags.rate)),
    });
    return this.show(result);
  }

  private show(result: AdHocResult): unknown {
    for (const line of disposalText(result)) this.print(line);
    const clean =
      result.notBegun === 0 && result.disposals.every(({ outcome }) => outcome === 'overwritten-verified');
    this.endWith(clean ? ExitCode.done : ExitCode.partial);
    if (result.certificate) {
      this.print(`Certificate ${result.certificate.number} (${counted(result.certificate.items, 'item')})`);
    } else this.print('No item was destroyed as a whole, so no certificate was issued');
    return disposalData(result);
  }

  private async listCutOff(session: Session): Promise<unknown> {
    const { cutOffDisposals } = await import('../disposal/index.js');
    const cutOff = await cutOffDisposals(session);
    for (const { run, paths, done } of cutOff) {
      this.print(`${run.id}: ${done} of ${counted(paths, 'path')} done, since ${run.startedAt}`);
      this.note(`Go on with: quietus dispose --continue ${run.id}`);
    }
    if (cutOff.length === 0) this.note('No disposal was cut off.');
    return {
      cut_off: cutOff.map(({ run, ...counts }) => ({ run: run.id, started_at: run.startedAt, ...counts })),
    };
  }

  private async freeSpace(
    session: Session,
    folder: string,
    flags: {
      confirm?: string | undefined;
      'dry-run': boolean;
      'accept-residual': boolean;
      trim: boolean;
      rate?: string | undefined;
    },
  ): Promise<unknown> {
    const { confirmationWord, fillFreeSpace, freeSpaceOf } = await import('../disposal/index.js');
    const found = freeSpaceOf(folder);
    for (const line of freeSpaceText(found)) this.print(line);
    if (flags['dry-run']) {
      this.note('Nothing was changed.');
      return { dry_run: true, ...freeSpaceData(found) };
    }
    await this.confirm({
      expected: confirmationWord([found.folder]),
      given: flags.confirm,
      question: 'The file system will be full for a while; programs that write to it may fail.',
    });
    const bar = await this.progress(100, '%');
    const result = await fillFreeSpace(session, found.folder, {
      acceptResidual: flags['accept-residual'],
      trim: flags.trim,
      signal: this.interrupt,
      progress: (done, total) => bar.update(total === 0n ? 100 : Number((done * 100n) / total)),
      ...(await this.throttle(flags.rate)),
    });
    bar.stop();
    for (const line of filledText(result)) this.print(line);
    this.endWith(filledExit(result));
    return filledData(result);
  }
}
