import { Args, counted, QuietusCommand } from '../../cli/index.js';

export default class LogExport extends QuietusCommand {
  static override description =
    'Write the whole log into a new folder, with what an outsider needs to check it without this program: entries as JSON lines, a signed checkpoint, the public keys, and a README with commands for sha256sum, openssl and Go. The export is logged.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> /mnt/handover/log',
    '<%= config.bin %> <%= command.id %> log-2026 --json',
  ];
  static override args = {
    folder: Args.string({ description: 'Folder to write; empty or not there yet.', required: true }),
  };

  async run(): Promise<unknown> {
    const { args } = await this.parse(LogExport);
    const { exportLog } = await import('../../audit/index.js');
    const session = await this.openSession();
    const last = await session.store.log.end();
    const bar = await this.progress((last?.seq ?? 0) + 1, 'Entries');
    const { folder, entries, sha256, checkpoint } = await exportLog(session, args.folder, {
      onProgress: (done) => bar.update(done),
      signal: this.interrupt,
    });
    bar.stop();
    this.print(
      `Exported ${counted(entries, 'entry', 'entries')} to ${folder}\n  SHA-256 of log.jsonl: ${sha256}`,
    );
    this.note('Its README.md says how to check it');
    return { folder, entries, sha256, checkpoint: checkpoint.number };
  }
}
