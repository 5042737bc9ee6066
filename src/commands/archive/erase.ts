import type { ErasurePreview } from '../../archive/index.js';
import {
  Args,
  archiveSecrets,
  confirmFlag,
  counted,
  dryRunFlag,
  Flags,
  passphraseFileFlag,
  QuietusCommand,
} from '../../cli/index.js';
import { ExitCode } from '../../model/index.js';
import type { ErasedArchive } from '../../retention/index.js';

export default class ArchiveErase extends QuietusCommand {
  static override description =
    'Destroy the keys of archives that an approved plan disposes of (cryptographic erase, NIST SP 800-88 Rev. 2): every ' +
    'other key is encrypted anew, the old key files are destroyed, and it is proved that no key which exists opens the ' +
    'archive. What a person must state about copies is a flag each; what is not stated stands on the certificate.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> PAY-0001 --plan plan-2026-11-22-a1b2c3 --dry-run',
    '<%= config.bin %> <%= command.id %> PAY-0001 --plan plan-2026-11-22-a1b2c3 --no-key-backups --no-plaintext-copies --confirm PAY-0001',
  ];
  static override strict = false;
  static override args = {
    item: Args.string({ description: 'Ids of the items, one or several.', required: true }),
  };
  static override flags = {
    plan: Flags.string({ description: 'Id of the approved plan.', required: true, helpValue: 'PLAN' }),
    'key-copies-destroyed': Flags.boolean({
      description: 'You state that the copies of the key that were given out are destroyed.',
    }),
    'no-key-backups': Flags.boolean({
      description:
        'You state that no backup of the key folder exists that its passphrase or identity could open.',
    }),
    'no-plaintext-copies': Flags.boolean({
      description: 'You state that no copy of the content from before its encryption exists.',
    }),
    'passphrase-file': passphraseFileFlag('of the archive key'),
    identity: Flags.string({
      description: 'File with an age identity that opens the archive key; repeatable.',
      multiple: true,
      helpValue: 'FILE',
    }),
    confirm: confirmFlag('the id of the item, or how many items there are'),
    'dry-run': dryRunFlag(),
  };

  async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(ArchiveErase);
    const { previewErasure } = await import('../../archive/index.js');
    const { eraseArchived, plannedArchives } = await import('../../retention/index.js');
    const session = await this.openSession();
    const itemIds = [...new Set(argv.map(String))];
    const statements = {
      keyCopiesDestroyed: flags['key-copies-destroyed'],
      noKeyBackups: flags['no-key-backups'],
      noPlaintextCopies: flags['no-plaintext-copies'],
    };
    if (flags['dry-run']) {
      const previews: ErasurePreview[] = [];
      const { archives } = await plannedArchives(session, flags.plan, itemIds);
      for (const archive of archives) previews.push(await previewErasure(session, archive, statements));
      return this.#preview(previews);
    }
    const [only] = itemIds;
    await this.confirm({
      expected: itemIds.length === 1 && only !== undefined ? only : String(itemIds.length),
      given: flags.confirm,
      question: `The keys of ${counted(itemIds.length, 'archive')} will be destroyed; no copy of them can be opened then.`,
    });
    const { secrets, passphrase } = await archiveSecrets(this, session, flags);
    const erased = await eraseArchived(session, {
      planId: flags.plan,
      itemIds,
      secrets,
      passphrase,
      statements,
    });
    for (const each of erased) this.#show(each);
    const failed = erased.some(({ erasure }) => erasure.outcome === 'failed');
    const whole = erased.every(({ erasure }) => erasure.reasons.length === 0);
    this.endWith(failed ? ExitCode.verificationFailed : whole ? ExitCode.done : ExitCode.partial);
    return { erased: erased.map(erasedData) };
  }

  #preview(previews: readonly ErasurePreview[]): unknown {
    for (const { archive, facts, opener, reasons } of previews) {
      this.print(`${archive.itemId}: the key of ${archive.id} would be destroyed`);
      const by =
        opener.kind === 'passphrase' ? 'a passphrase' : `the identities of ${opener.recipients.join(', ')}`;
      this.print(`  The archive key is opened by ${by}.`);
      for (const copy of facts.keyCopies)
        this.print(`  Key given out on ${copy.at} by ${copy.by}: ${copy.path}`);
      for (const { text } of reasons) this.print(`  ${text}`);
    }
    this.note('Nothing was changed.');
    return {
      dry_run: true,
      archives: previews.map(({ archive, facts, reasons }) => ({
        archive: archive.id,
        item: archive.itemId,
        key_copies: facts.keyCopies,
        reasons,
      })),
    };
  }

  #show({ erasure, certificate }: ErasedArchive): void {
    const claim = erasure.sanitization === null ? '' : ', Purge';
    this.print(`${erasure.itemId}: ${erasure.outcome}${claim}`);
    const { keysTried, oldKeyRefused } = erasure.proof;
    if (keysTried !== null)
      this.print(`  tried on the archive: ${counted(keysTried, 'key')}, all that exist`);
    if (oldKeyRefused === true) this.print('  the old archive key opens nothing');
    for (const { text } of erasure.reasons) this.print(`  ${text}`);
    if (certificate) this.print(`  Certificate ${certificate.number}`);
  }
}

function erasedData({ erasure, certificate }: ErasedArchive): Record<string, unknown> {
  return {
    archive: erasure.archiveId,
    item: erasure.itemId,
    outcome: erasure.outcome,
    sanitization: erasure.sanitization,
    reasons: erasure.reasons,
    proof: {
      keys_tried: erasure.proof.keysTried,
      bytes_searched: erasure.proof.bytesSearched,
      old_key_refused: erasure.proof.oldKeyRefused,
    },
    key_copies: erasure.keyCopies,
    certificate: certificate?.number ?? null,
  };
}
