import type { Reason } from '../model/index.js';
import type { Session } from '../session/index.js';
import type {
  BeginAnswer,
  DisposalJournal,
  DisposalRequest,
  OverwrittenMark,
  TargetOutcome,
} from '../shred/index.js';
import type { ArchiveRecord, Repositories } from '../store/index.js';
import { type ArchiveFacts, factsOf } from './archive-facts.js';

/** Why the unencrypted content may not be destroyed now, or undefined. */
export type Objection = (repositories: Repositories) => Promise<Reason | undefined>;

/**
 * The memory of the disposal of an archived item's content: one target, kept with the archive. A run that was cut off
 * goes on from it.
 */
export class ArchiveJournal implements DisposalJournal {
  outcome: TargetOutcome | null = null;

  constructor(
    private readonly session: Session,
    private readonly archiveId: string,
    private readonly objection: Objection,
  ) {}

  async begin(requests: readonly DisposalRequest[]): Promise<readonly BeginAnswer[]> {
    const [request] = requests;
    if (request === undefined || requests.length > 1) throw new Error('An archive has one content');
    const { target, entries, files, assessment } = request;
    const itemId = target.itemId;
    return await this.session.store.transaction(async (transaction) => {
      const reason = await this.objection(transaction);
      if (reason !== undefined) return [{ itemId, go: false, reason }];
      const pending: NonNullable<ArchiveFacts['pending']> = {
        target,
        entries: Array.from(entries, (entry) => ({
          ...entry,
          state: 'pending' as const,
          verifiedFrom: null,
        })),
      };
      await transaction.archives.setFacts(
        this.archiveId,
        JSON.stringify({ ...(await this.#facts(transaction)), pending }),
      );
      await this.session.recorder.append(transaction, {
        action: 'archive.dispose',
        outcome: 'intent',
        subject: { item: itemId, archive: this.archiveId },
        data: {
          files,
          file_system: assessment.fileSystem,
          residual: assessment.residual.map(({ code }) => code),
        },
      });
      return [{ itemId, go: true }];
    });
  }

  async stillAuthorized(): Promise<Reason | undefined> {
    return await this.objection(this.session.store);
  }

  async overwritten(marks: readonly OverwrittenMark[]): Promise<void> {
    await this.session.store.transaction(async (transaction) => {
      const facts = await this.#facts(transaction);
      if (facts.pending === null) throw new Error('The disposal of an archived content was not begun');
      const byIndex = new Map(marks.map((mark) => [mark.index, mark.verifiedFrom]));
      const entries = facts.pending.entries.map((entry, index) => {
        const verifiedFrom = byIndex.get(index);
        return verifiedFrom === undefined ? entry : { ...entry, state: 'overwritten' as const, verifiedFrom };
      });
      const pending = { ...facts.pending, entries };
      await transaction.archives.setFacts(this.archiveId, JSON.stringify({ ...facts, pending }));
    });
  }

  /** What a signal stopped is not over: it stays as it is recorded. */
  async finish(outcomes: readonly TargetOutcome[]): Promise<void> {
    const [outcome] = outcomes;
    if (outcome === undefined || outcome.reasons.some(({ code }) => code === 'stopped')) return;
    this.outcome = outcome;
    await this.session.store.transaction(async (transaction) => {
      const plaintext = { outcome: outcome.outcome, reasons: outcome.reasons };
      const facts: ArchiveFacts = { ...(await this.#facts(transaction)), plaintext, pending: null };
      await transaction.archives.setFacts(this.archiveId, JSON.stringify(facts));
      await this.session.recorder.append(transaction, {
        action: 'archive.dispose',
        outcome: outcome.outcome === 'refused' ? 'refused' : outcome.files > 0 ? 'done' : 'failed',
        subject: { item: outcome.itemId, archive: this.archiveId },
        data: {
          outcome: outcome.outcome,
          reasons: outcome.reasons.map(({ code }) => code),
          files: outcome.files,
          bytes: outcome.bytes,
          verified_from: outcome.verifiedFrom,
        },
      });
    });
  }

  async #facts(repositories: Repositories): Promise<ArchiveFacts> {
    const record: ArchiveRecord | undefined = await repositories.archives.get(this.archiveId);
    if (record === undefined) throw new Error('The record of an archive is gone');
    return factsOf(record);
  }
}
