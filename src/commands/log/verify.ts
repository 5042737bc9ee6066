import { counted, QuietusCommand } from '../../cli/index.js';

export default class LogVerify extends QuietusCommand {
  static override description =
    'Verify the whole log: that no entry was changed, removed, inserted or moved, and that all certificates that were issued are there, in the log, in the register and as files. Ends with exit code 5 at the first thing that is wrong. Keep the number and the hash that it prints elsewhere: they show later whether the newest entries were cut off.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json',
  ];

  async run(): Promise<unknown> {
    await this.parse(LogVerify);
    const { verifyLog } = await import('../../audit/index.js');
    const { certificateFilesProblem } = await import('../../certificate/index.js');
    const { verificationFailed } = await import('../../model/index.js');
    const session = await this.openSession();
    const last = await session.store.log.head();
    const bar = await this.progress(last?.seq ?? 0, 'Entries');
    const result = await verifyLog(session.store, {
      workspace: session.settings().workspaceId,
      onProgress: (entries) => bar.update(entries),
      signal: this.interrupt,
      certificateFiles: (certificate) => certificateFilesProblem(session, certificate),
    });
    bar.stop();
    const { entries, head, problem, clockSetBack } = result;
    if (problem) {
      throw verificationFailed(
        'log-broken',
        `The log does not verify at entry ${problem.seq}: ${problem.text}`,
        {
          hint: 'Keep the workspace as it is, copy it, and compare the log with a backup; dispose of nothing until this is explained',
          details: { seq: problem.seq, problem: problem.code, good_entries: entries, head },
        },
      );
    }
    this.print(`The log verifies: ${counted(entries, 'entry', 'entries')}`);
    this.print(`  SHA-256 of the last entry: ${head}`);
    if (clockSetBack.length > 0) {
      this.note(`note: the clock was set back before entry ${clockSetBack.join(', ')}`);
    }
    return { entries, head, clock_set_back: clockSetBack };
  }
}
