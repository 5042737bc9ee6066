import {
  type Colour,
  checkHealth,
  coloured,
  type FindingState,
  printable,
  QuietusCommand,
  redacted,
} from '../cli/index.js';

const MARKS: Readonly<Record<FindingState, readonly [mark: string, colour: Colour]>> = {
  good: ['ok', 'green'],
  note: ['note', 'cyan'],
  warning: ['warning', 'yellow'],
  bad: ['bad', 'red'],
};

export default class Doctor extends QuietusCommand {
  static override description =
    'Check that this machine and the workspace are fit for use. Looks at Node, the sqlite3 binding, settings, permissions, free space, the database, the operator, the schedule in force, the chain of the log, and whether the database holds what the log tells of, and says how to put right what is wrong. The exit code is that of the gravest finding: 0 when nothing needs a person.';

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    {
      description: 'For monitoring: exit code 0, or the findings as JSON',
      command: '<%= config.bin %> <%= command.id %> --workspace /srv/quietus --json',
    },
  ];

  async run(): Promise<unknown> {
    await this.parse(Doctor);
    const report = await checkHealth({
      workspace: { flag: this.workspaceFlag, env: process.env, cwd: process.cwd() },
      signal: this.interrupt,
      openSession: () => this.openSession('anybody'),
    });
    for (const { check, state, message, hint } of report.findings) {
      const [mark, colour] = MARKS[state];
      this.print(`${coloured(colour, mark.padEnd(7))}  ${check.padEnd(11)}  ${lines(message)}`);
      if (hint !== undefined) this.print(`${' '.repeat(22)}${printable(hint)}`);
    }
    this.endWith(report.exitCode);
    return redacted({
      findings: report.findings.map(({ check, state, message, hint }) => ({
        check,
        state,
        message,
        hint: hint ?? null,
      })),
      workspace: report.workspace ?? null,
      exit_code: report.exitCode,
    });
  }
}

/** A message of several lines stays below its check. */
function lines(message: string): string {
  return message
    .split('\n')
    .map((line) => printable(line.trim()))
    .join(`\n${' '.repeat(22)}`);
}
