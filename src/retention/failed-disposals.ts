import type { Outcome, Reason } from '../model/index.js';
import type { Session } from '../session/index.js';
import type { Disposal, StoredItem } from '../store/index.js';

/** An active item that the last run that dealt with it did not destroy, or not as a whole. */
export interface FailedDisposal {
  item: StoredItem;
  outcome: Outcome;
  /** One sentence, without personal information. */
  explanation: string;
}

const FAILURES: readonly Outcome[] = ['failed', 'refused', 'already-gone', 'unknown'];
const IDS = 900;

/** What runs left behind, in the order of ids. The next plan takes up what is still due. */
export async function* failedDisposals({ store }: Pick<Session, 'store'>): AsyncGenerator<FailedDisposal> {
  const ids = await store.runs.activeItemsAfter(FAILURES);
  for (let at = 0; at < ids.length; at += IDS) {
    for (const item of (await store.items.byIds(ids.slice(at, at + IDS))).values()) {
      const last = (await store.runs.disposalsOf(item.id)).at(-1);
      if (last?.outcome && FAILURES.includes(last.outcome))
        yield { item, outcome: last.outcome, explanation: explained(last.outcome, last) };
    }
  }
}

function explained(outcome: Outcome, { result }: Disposal): string {
  const { reasons, files, filesPlanned } = resultOf(result);
  const texts = reasons.map(({ text }) => text.replace(/\.$/, ''));
  const part = files > 0 ? [`${files} of its ${filesPlanned} files were destroyed before`] : [];
  return [`The last run ended with the outcome ${outcome}`, ...texts, ...part].join('; ');
}

/** Why a disposal ended as it did, and how many files of it were destroyed; none where its result says nothing. */
function resultOf(result: string | null): { reasons: Reason[]; files: number; filesPlanned: number } {
  const value = (result === null ? {} : JSON.parse(result)) as Partial<ReturnType<typeof resultOf>>;
  return { reasons: value.reasons ?? [], files: value.files ?? 0, filesPlanned: value.filesPlanned ?? 0 };
}
