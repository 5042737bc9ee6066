import type { Repositories } from '../store/index.js';

/** What was read from the inventory, kept until an entry of the log tells of a change of it. */
export class InventoryMemo<Result> {
  #known: { result: Result; end: number } | undefined;

  /** @param read reads far too much for every batch of a run */
  constructor(private readonly read: (repositories: Repositories) => Promise<Result>) {}

  async of(repositories: Repositories): Promise<Result> {
    // Before the inventory is read: what comes meanwhile is found by the next look.
    const end = (await repositories.log.end())?.seq ?? 0;
    const known = this.#known;
    const changed =
      known === undefined || (await repositories.log.page(known.end, 1, { action: 'inventory' })).length > 0;
    const result = changed ? await this.read(repositories) : known.result;
    this.#known = { result, end };
    return result;
  }
}
