import {
  Args,
  Flags,
  folderForWorkspace,
  interviewForWorkspace,
  passphraseFileFlag,
  QuietusCommand,
  shellWord,
} from '../cli/index.js';
import type { CreatedWorkspace } from '../session/index.js';
import type { WorkspacePaths } from '../workspace/index.js';

export default class Init extends QuietusCommand {
  static override description =
    'Make a workspace: a folder for settings, inventory, log, keys and certificates that only your account can use, with you as its first operator. Asks for what is not given. Never changes an existing workspace.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> /srv/quietus --organization "Acme Dental" --time-zone America/New_York --operator-name "Jane Doe" --passphrase-file /dev/fd/3 3< passphrase.txt',
    '<%= config.bin %> <%= command.id %> /srv/quietus --organization "Acme Dental" --time-zone America/New_York --operator sweeper --operator-name "Nightly sweep" --unattended',
  ];
  static override args = {
    dir: Args.string({
      description:
        'Folder of the workspace. Default: --workspace, QUIETUS_WORKSPACE, or the current folder if it is empty.',
    }),
  };
  static override flags = {
    organization: Flags.string({
      description: 'Name of the organization, for certificates.',
      helpValue: 'NAME',
    }),
    address: Flags.string({ description: 'Its address, for certificates.', helpValue: 'TEXT' }),
    'time-zone': Flags.string({
      description: 'IANA time zone in which a day ends at midnight.',
      helpValue: 'ZONE',
    }),
    'fiscal-year-end': Flags.string({
      description: 'Last day of the fiscal year; 12-31 if not given.',
      helpValue: 'MM-DD',
    }),
    operator: Flags.string({
      description: 'Id of the first operator; your login name if not given.',
      helpValue: 'ID',
    }),
    'operator-name': Flags.string({ description: 'Full name of the first operator.', helpValue: 'NAME' }),
    approvals: Flags.integer({
      description: 'People who must approve a plan: 0, 1 or 2; 1 if not given.',
      helpValue: 'NUMBER',
      min: 0,
      max: 2,
    }),
    'planner-may-approve': Flags.boolean({
      description: 'Whether the person who made a plan may approve it; yes unless two approvals are needed.',
      allowNo: true,
    }),
    'max-items': Flags.integer({
      description: 'Refuse a plan that would dispose of more items.',
      helpValue: 'NUMBER',
      default: 1000,
      min: 1,
      max: 100_000_000,
    }),
    'max-class-percent': Flags.integer({
      description: 'Refuse a plan that would dispose of more percent of a record class.',
      helpValue: 'PERCENT',
      default: 20,
      min: 1,
      max: 100,
    }),
    group: Flags.string({
      description:
        'Share the workspace with this POSIX group, so that several accounts can work in it; otherwise it is for your account alone.',
      helpValue: 'GROUP',
    }),
    'passphrase-file': passphraseFileFlag('that will protect your operator key, at least 12 characters'),
    unattended: Flags.boolean({
      description: 'Keep the key without a passphrase, for a machine where nobody is there to type it.',
      exclusive: ['passphrase-file'],
    }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(Init);
    const { createWorkspace } = await import('../session/index.js');
    const root = await folderForWorkspace(this, await this.#namedFolder(args.dir));
    const request = await interviewForWorkspace(this, root, {
      organization: flags.organization,
      address: flags.address,
      timeZone: flags['time-zone'],
      fiscalYearEnd: flags['fiscal-year-end'],
      operator: flags.operator,
      operatorName: flags['operator-name'],
      approvals: flags.approvals,
      plannerMayApprove: flags['planner-may-approve'],
      maxItems: flags['max-items'],
      maxClassPercent: flags['max-class-percent'],
      passphraseFile: flags['passphrase-file'],
      unattended: flags.unattended,
      group: flags.group,
    });
    const made = await createWorkspace(request);
    const signer = await this.#makeSigner(made.paths);
    const sealed = request.passphrase !== null;
    this.#tell(made, { sealed, signer });
    return {
      workspace: made.workspaceId,
      operator: made.operator.id,
      key: sealed ? 'passphrase' : 'unattended',
      public_key: made.operator.publicKey,
      signing_certificate_sha256: signer,
    };
  }

  /** So that those who will check certificates can be told of it today. */
  async #makeSigner(paths: WorkspacePaths): Promise<string> {
    const [{ openSession }, { certificateSigner }] = await Promise.all([
      import('../session/index.js'),
      import('../certificate/index.js'),
    ]);
    const session = await openSession({ paths, command: this.commandName });
    try {
      return (await certificateSigner(session)).record.fingerprint;
    } finally {
      await session.close();
    }
  }

  async #namedFolder(dir: string | undefined): Promise<string | undefined> {
    const { resolve } = await import('node:path');
    const { badInput } = await import('../model/index.js');
    if (
      dir !== undefined &&
      this.workspaceFlag !== undefined &&
      resolve(dir) !== resolve(this.workspaceFlag)
    ) {
      throw badInput('two-folders', 'DIR and --workspace name different folders', {
        hint: 'Give one of them',
      });
    }
    return dir ?? this.workspaceFlag ?? (process.env.QUIETUS_WORKSPACE || undefined);
  }

  #tell(
    { paths, operator }: CreatedWorkspace,
    { sealed, signer }: { sealed: boolean; signer: string },
  ): void {
    this.print(`Made a workspace in ${paths.root}`);
    this.print('  quietus.yaml   settings, each explained');
    this.print(
      `  keys/          the key of ${operator.id}, ${sealed ? 'under your passphrase' : 'without a passphrase'}; back it up`,
    );
    this.print('  quietus.db     inventory, schedule, plans and log');
    this.print('Certificates of destruction are signed with the X.509 certificate of this SHA-256:');
    this.print(`  ${signer}`);
    if (!sealed)
      this.note(
        'warning: whoever can read the key file can approve plans; let no other account on this machine read it',
      );
    const there = paths.root === process.cwd();
    this.print();
    this.print('Next:');
    if (!there) this.print(`  cd ${shellWord(paths.root)}`);
    this.print('  write schedule.yaml, then  quietus schedule check schedule.yaml');
    this.print('                             quietus schedule import schedule.yaml');
    this.print('  list what you hold:        quietus inventory import FILE.csv');
    this.print('  see what is due:           quietus sweep plan');
  }
}
