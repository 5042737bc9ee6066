import { Flags, QuietusCommand } from '../../cli/index.js';

export default class ArchiveList extends QuietusCommand {
  static override description =
    'List archives: the item, where the encrypted file is, what became of the unencrypted content, known copies of the key.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --erased --json',
  ];
  static override flags = {
    erased: Flags.boolean({
      description: 'Those whose key was destroyed, instead of those that can be opened.',
    }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(ArchiveList);
    const { factsOf } = await import('../../archive/index.js');
    const session = await this.openSession();
    const all = await session.store.archives.list();
    const chosen = all.filter(({ state }) => (state === 'erased') === (flags.erased ?? false));
    const shown = await Promise.all(
      chosen.map(async (archive) => ({
        archive,
        facts: factsOf(archive),
        certificate: (await session.store.certificates.ofSubject('archive', archive.id))?.number ?? null,
      })),
    );
    if (shown.length === 0) this.print('No archives.');
    else {
      this.printTable(shown, [
        { head: 'ARCHIVE', value: ({ archive }) => archive.id },
        { head: 'ITEM', value: ({ archive }) => archive.itemId },
        { head: 'STATE', value: ({ archive }) => archive.state },
        ...(flags.erased
          ? [
              {
                head: 'KEY DESTROYED',
                value: ({ archive }: (typeof shown)[0]) =>
                  archive.erasedAt === null ? '-' : session.dayOf(archive.erasedAt),
              },
              { head: 'CERTIFICATE', value: ({ certificate }: (typeof shown)[0]) => certificate ?? '-' },
            ]
          : []),
        { head: 'CONTENT', value: ({ facts }) => facts.plaintext?.outcome ?? '-' },
        { head: 'KEY COPIES', value: ({ facts }) => String(facts.keyCopies.length) },
        { head: 'FILE', value: ({ archive }) => archive.path },
      ]);
    }
    return {
      archives: shown.map(({ archive, facts, certificate }) => ({
        id: archive.id,
        item: archive.itemId,
        state: archive.state,
        path: archive.path,
        recipient: archive.recipient,
        created_at: archive.createdAt,
        created_by: archive.createdBy,
        bytes: facts.bytes,
        sha256: facts.sha256,
        content: facts.plaintext?.outcome ?? null,
        key_copies: facts.keyCopies,
        erased_at: archive.erasedAt,
        certificate,
        erasure: archive.result === null ? null : JSON.parse(archive.result),
      })),
    };
  }
}
