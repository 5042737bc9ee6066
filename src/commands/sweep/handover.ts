import {
  Args,
  bytesInWords,
  confirmFlag,
  counted,
  dryRunFlag,
  Flags,
  QuietusCommand,
} from '../../cli/index.js';
import { badInput } from '../../model/index.js';
import type { Session } from '../../session/index.js';

export default class SweepHandover extends QuietusCommand {
  static override description =
    'Prepare the hand-over of what a plan says is due to go to another party (disposition: transfer): writes a manifest ' +
    'with the digest of every file, as JSON and CSV. Record the receipt with sweep receipt; until then nothing changes hands.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> plan-2026-11-22-a1b2c3 --to "State Archives" --dry-run',
    '<%= config.bin %> <%= command.id %> plan-2026-11-22-a1b2c3 --to "State Archives" --item BOARD-2019 --confirm plan-2026-11-22-a1b2c3',
    '<%= config.bin %> <%= command.id %> --list',
  ];
  static override args = { plan: Args.string({ description: 'Id of the plan.' }) };
  static override flags = {
    to: Flags.string({ description: 'Who takes the records over.', helpValue: 'NAME' }),
    item: Flags.string({
      description: 'Only this item; may be repeated. Default: all that await their hand-over.',
      helpValue: 'ID',
      multiple: true,
    }),
    list: Flags.boolean({ description: 'List hand-overs, and whether they were received.' }),
    confirm: confirmFlag('the id of the plan'),
    'dry-run': dryRunFlag(),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(SweepHandover);
    const session = await this.openSession();
    if (flags.list) return await this.list(session);
    const receiver = flags.to?.trim();
    if (args.plan === undefined || !receiver) {
      throw badInput('receiver-missing', 'A plan and its receiver are needed', {
        hint: 'quietus sweep handover PLAN --to NAME',
      });
    }
    const { prepareHandover, previewHandover } = await import('../../retention/index.js');
    const request = {
      planId: args.plan,
      receiver,
      ...(flags.item === undefined ? {} : { itemIds: flags.item }),
      signal: this.interrupt,
    };
    if (flags['dry-run']) {
      const { totals, itemIds } = await previewHandover(session, request);
      this.print(
        `Would hand over ${counted(totals.items, 'item')}, ${counted(totals.files, 'file')}, ${bytesInWords(totals.bytes)}:`,
      );
      for (const id of itemIds) this.print(`  ${id}`);
      this.note('Nothing was changed.');
      return { dry_run: true, totals, items: itemIds };
    }
    await this.confirm({
      expected: args.plan,
      given: flags.confirm,
      question: 'A manifest is written that names the records, their files and their places.',
    });
    const { totals, itemIds, handover, files } = await prepareHandover(session, request);
    this.print(
      `Prepared ${handover?.id}: ${counted(totals.items, 'item')}, ${counted(totals.files, 'file')}, ${bytesInWords(totals.bytes)}`,
    );
    for (const file of files) this.print(`  ${file}`);
    this.note(
      `When the other side confirms it: quietus sweep receipt ${handover?.id} --by NAME --on DATE --reference TEXT`,
    );
    return {
      handover: handover?.id,
      manifest_sha256: handover?.manifestSha256,
      totals,
      items: itemIds,
      files,
    };
  }

  private async list(session: Session): Promise<unknown> {
    const handovers = await session.store.handovers.list();
    if (handovers.length === 0) this.note('There are no hand-overs');
    else
      this.printTable(handovers, [
        { head: 'HANDOVER', value: ({ id }) => id },
        { head: 'PLAN', value: ({ planId }) => planId },
        { head: 'TO', value: ({ receiver }) => receiver },
        { head: 'RECEIVED', value: ({ receipt }) => receipt?.receivedOn ?? 'not yet' },
      ]);
    return {
      handovers: handovers.map(({ id, planId, preparedAt, receipt }) => ({
        id,
        plan: planId,
        prepared_at: preparedAt,
        received_on: receipt?.receivedOn ?? null,
        reference: receipt?.reference ?? null,
      })),
    };
  }
}
