import { QuietusCommand } from '../../cli/index.js';
import type { SanitizationRecord } from '../../store/index.js';

export default class MediaList extends QuietusCommand {
  static override description =
    'List the devices that were sanitized, the latest first. One that is unfinished was cut off: nobody knows what became ' +
    'of it until `media sanitize` is run on that device again, which asks the device.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json',
  ];

  async run(): Promise<unknown> {
    await this.parse(MediaList);
    const session = await this.openSession();
    const records = await session.store.sanitizations.list();
    if (records.length === 0) this.print('No device was sanitized.');
    else {
      this.printTable(records, [
        { head: 'ID', value: ({ id }) => id, shrink: false },
        { head: 'STARTED (UTC)', value: ({ startedAt }) => startedAt.slice(0, 16).replace('T', ' ') },
        { head: 'DEVICE', value: ({ confirmation }) => confirmation },
        { head: 'METHOD', value: ({ method }) => method },
        { head: 'TECHNIQUE', value: ({ technique }) => technique },
        { head: 'OUTCOME', value: outcomeOf },
      ]);
    }
    return {
      sanitizations: records.map((record) => ({
        id: record.id,
        item: record.itemId,
        device: record.confirmation,
        method: record.method,
        technique: record.technique,
        started_at: record.startedAt,
        started_by: record.startedBy,
        finished_at: record.finishedAt,
        outcome: record.outcome,
      })),
    };
  }
}

function outcomeOf({ outcome, finishedAt }: SanitizationRecord): string {
  return finishedAt === null ? 'unfinished' : (outcome ?? 'unknown');
}
