import { QuietusCommand } from '../../cli/index.js';
import type { Transfer } from '../../model/index.js';
import type { SanitizationRecord } from '../../store/index.js';

export default class MediaList extends QuietusCommand {
  static override description =
    'List the devices that were sanitized and the encrypted files that were written to portable media, with who carries ' +
    'the medium where; the latest first. A device that is unfinished was cut off: nobody knows what became of it until ' +
    '`media sanitize` is run on that device again, which asks the device.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json',
  ];

  async run(): Promise<unknown> {
    await this.parse(MediaList);
    const session = await this.openSession();
    const records = await session.store.sanitizations.list();
    const transfers = await session.store.transfers.onMedia();
    this.#printDevices(records);
    this.#printTransfers(transfers);
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
      transfers: transfers.map((transfer) => ({
        id: transfer.id,
        state: transfer.state,
        begun_at: transfer.begunAt,
        begun_by: transfer.begunBy,
        recipients: transfer.recipients.map(({ name }) => name),
        ciphertext_sha256: transfer.ciphertextSha256,
        medium: transfer.media?.id ?? null,
        removable: transfer.media?.removable ?? null,
        custodian: transfer.media?.custodian ?? null,
        destination: transfer.media?.destination ?? null,
      })),
    };
  }

  #printDevices(records: readonly SanitizationRecord[]): void {
    if (records.length === 0) {
      this.print('No device was sanitized.');
      return;
    }
    this.printTable(records, [
      { head: 'ID', value: ({ id }) => id, shrink: false },
      { head: 'STARTED (UTC)', value: ({ startedAt }) => moment(startedAt) },
      { head: 'DEVICE', value: ({ confirmation }) => confirmation },
      { head: 'METHOD', value: ({ method }) => method },
      { head: 'TECHNIQUE', value: ({ technique }) => technique },
      { head: 'OUTCOME', value: outcomeOf },
    ]);
  }

  #printTransfers(transfers: readonly Transfer[]): void {
    if (transfers.length === 0) return;
    this.print('');
    this.printTable(transfers, [
      { head: 'TRANSFER', value: ({ id }) => id, shrink: false },
      { head: 'BEGUN (UTC)', value: ({ begunAt }) => moment(begunAt) },
      { head: 'MEDIUM', value: ({ media }) => media?.id ?? '' },
      { head: 'CUSTODIAN', value: ({ media }) => media?.custodian ?? 'not said' },
      { head: 'DESTINATION', value: ({ media }) => media?.destination ?? 'not said' },
      { head: 'OUTCOME', value: ({ state }) => state },
    ]);
  }
}

/** `2026-11-22 09:30` */
function moment(time: string): string {
  return time.slice(0, 16).replace('T', ' ');
}

function outcomeOf({ outcome, finishedAt }: SanitizationRecord): string {
  return finishedAt === null ? 'unfinished' : (outcome ?? 'unknown');
}
