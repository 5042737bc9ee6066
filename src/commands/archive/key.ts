import { counted, Flags, passphraseFileFlag, QuietusCommand } from '../../cli/index.js';

export default class ArchiveKey extends QuietusCommand {
  static override description =
    'Make the archive key of the workspace, or show what it is. Archives are written without it being opened; to open or ' +
    'erase one takes its passphrase, or an age identity that is kept elsewhere, such as in a safe.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --make --passphrase-file /dev/fd/3',
    '<%= config.bin %> <%= command.id %> --make --recipient age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqv5hc8d',
  ];
  static override flags = {
    make: Flags.boolean({ description: 'Make the key, where there is none yet.' }),
    'passphrase-file': passphraseFileFlag('that will open the archive key, at least 12 characters'),
    recipient: Flags.string({
      description: 'age recipient whose identity opens the archive key, instead of a passphrase; repeatable.',
      multiple: true,
      exclusive: ['passphrase-file'],
      helpValue: 'AGE1…',
    }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(ArchiveKey);
    const { archiveKey, makeArchiveKey } = await import('../../archive/index.js');
    const session = await this.openSession();
    if (!flags.make) {
      const key = await archiveKey(session);
      if (key === null)
        this.print('The workspace has no archive key. Make one with: quietus archive key --make');
      else this.#show(key);
      return key === null ? { key: null } : { key: data(key) };
    }
    const key =
      flags.recipient === undefined
        ? await makeArchiveKey(
            session,
            { kind: 'passphrase' },
            await this.#newPassphrase(flags['passphrase-file']),
          )
        : await makeArchiveKey(session, { kind: 'recipients', recipients: flags.recipient }, null);
    this.#show(key);
    this.note(
      'Back up the folder keys/archive: without it no archive can be opened. Each erasure asks for such copies.',
    );
    return { key: data(key) };
  }

  async #newPassphrase(file: string | undefined): Promise<string> {
    const { requirePassphraseLength } = await import('../../operators/index.js');
    const prompt = 'Passphrase for the archive key, at least 12 characters';
    const check = requirePassphraseLength;
    return check(await this.passphrase({ file, prompt, confirm: true, check }));
  }

  #show(key: Key): void {
    this.print(`Archive key, generation ${key.generation}, of ${counted(key.items, 'archive')}`);
    this.print(`  ${key.recipient}`);
    if (key.opener.kind === 'passphrase') this.print('Opened by a passphrase.');
    else this.print(`Opened by the identities of: ${key.opener.recipients.join(', ')}`);
  }
}

type Key = Awaited<ReturnType<typeof import('../../archive/index.js').makeArchiveKey>>;

function data({ generation, recipient, opener, items }: Key): Record<string, unknown> {
  return {
    generation,
    recipient,
    opened_by: opener.kind === 'passphrase' ? 'passphrase' : opener.recipients,
    items,
  };
}
