import { Flags, QuietusCommand } from '../../cli/index.js';

export default class CertificateRegister extends QuietusCommand {
  static override description =
    'The destruction register of a year: what was destroyed, under which authority, by whom. As a table, as CSV with a line for each item, or as a PDF. Certificates that are void or replaced are in it, and marked.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --year 2026',
    '<%= config.bin %> <%= command.id %> --year 2026 --csv > register-2026.csv',
    '<%= config.bin %> <%= command.id %> --year 2026 --pdf register-2026.pdf',
  ];
  static override flags = {
    year: Flags.integer({
      description: 'Year of the certificates\u2019 numbers.',
      helpValue: 'YEAR',
      required: true,
      min: 1900,
      max: 9999,
    }),
    csv: Flags.boolean({ description: 'Print it as CSV.', exclusive: ['pdf'] }),
    pdf: Flags.string({ description: 'Write it as a PDF to this file.', helpValue: 'FILE' }),
    force: Flags.boolean({ description: 'Replace a file that is already there.' }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(CertificateRegister);
    const { registerAsCsv, writeRegisterPdf, yearlyRegister } = await import('../../certificate/index.js');
    const session = await this.openSession();
    if (flags.csv) {
      // Not print(): it would show the carriage returns of RFC 4180 as text.
      if (!this.jsonEnabled()) process.stdout.write(await registerAsCsv(session, flags.year));
      return { year: flags.year };
    }
    if (flags.pdf !== undefined) {
      await writeRegisterPdf(session, flags.year, flags.pdf, flags);
      this.print(`Wrote the destruction register of ${flags.year} to ${flags.pdf}`);
      return { year: flags.year, pdf: flags.pdf };
    }
    const rows = [];
    for await (const { certificate, state, destroyedOn, item, document } of yearlyRegister(
      session,
      flags.year,
    )) {
      rows.push({
        certificate,
        state,
        destroyed_on: destroyedOn,
        item: item.id,
        record_class: item.record_class,
        authority: item.authority?.citation ?? null,
        outcome: item.outcome,
        by: item.statement?.performed_by ?? document.operator.id,
      });
    }
    if (rows.length === 0) this.note(`Nothing was certified as destroyed in ${flags.year}.`);
    else {
      this.printTable(rows, [
        { head: 'CERTIFICATE', value: (row) => row.certificate, shrink: false },
        { head: 'DESTROYED', value: (row) => row.destroyed_on, shrink: false },
        { head: 'ITEM', value: (row) => row.item },
        { head: 'AUTHORITY', value: (row) => row.authority ?? '-' },
        { head: 'HOW', value: (row) => row.outcome },
        { head: 'BY', value: (row) => row.by },
        { head: 'STATE', value: (row) => row.state },
      ]);
    }
    return { year: flags.year, items: rows };
  }
}
